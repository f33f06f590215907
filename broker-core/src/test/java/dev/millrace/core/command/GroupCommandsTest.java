package dev.millrace.core.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import dev.millrace.core.wire.MalformedFrameException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** The bytes of group commands: they lie in logs of older brokers, so they never change within a version. */
class GroupCommandsTest {
    @Test
    void joinKeepsItsBytes() {
        JoinGroup join = new JoinGroup("g", "m", "i", "c", List.of("a", "b.*"), 45_000);
        assertGolden(
                join,
                20,
                JoinGroup::decode,
                "0000000167 000000016d 0000000169 0000000163 00000002 0000000161 00000003622e2a 0000afc8");
    }

    @Test
    void joinWithoutInstanceIdKeepsItsBytes() {
        JoinGroup join = new JoinGroup("g", "m", null, "", List.of("a"), 1);
        assertGolden(
                join, 20, JoinGroup::decode, "0000000167 000000016d ffffffff 00000000 00000001 0000000161 00000001");
    }

    @Test
    void heartbeatKeepsItsBytes() {
        HeartbeatGroup heartbeat = new HeartbeatGroup("g", "m", 7, List.of(3, -1));
        assertGolden(
                heartbeat, 21, HeartbeatGroup::decode, "0000000167 000000016d 00000007 01 00000002 00000003 ffffffff");
    }

    @Test
    void heartbeatTellsOwningNothingFromSayingNothing() {
        assertGolden(
                new HeartbeatGroup("g", "m", 7, null), 21, HeartbeatGroup::decode, "0000000167 000000016d 00000007 00");
        assertGolden(
                new HeartbeatGroup("g", "m", 7, List.of()),
                21,
                HeartbeatGroup::decode,
                "0000000167 000000016d 00000007 01 00000000");
    }

    @Test
    void leaveKeepsItsBytes() {
        assertGolden(new LeaveGroup("g", "m", true), 22, LeaveGroup::decode, "0000000167 000000016d 01");
        assertGolden(new LeaveGroup("g", "m", false), 22, LeaveGroup::decode, "0000000167 000000016d 00");
    }

    @Test
    void commitKeepsItsBytes() {
        CommitOffsets commit = new CommitOffsets("g", "", 2, List.of(new CommitOffsets.Entry(5, 1L << 40, -1, "x")));
        assertGolden(
                commit,
                23,
                CommitOffsets::decode,
                "0000000167 00000000 00000002 00000001 00000005 0000010000000000 ffffffff 0000000178");
    }

    @Test
    void resetKeepsItsBytes() {
        ResetOffsets reset = new ResetOffsets("g", List.of(new ResetOffsets.Entry(5, 9)));
        assertGolden(reset, 24, ResetOffsets::decode, "0000000167 00000001 00000005 0000000000000009");
    }

    @Test
    void deleteKeepsItsBytes() {
        assertGolden(new DeleteGroup("gä"), 25, DeleteGroup::decode, "0000000367c3a4");
    }

    @Test
    void expireKeepsItsBytes() {
        assertGolden(new ExpireGroups(-1), 26, ExpireGroups::decode, "ffffffffffffffff");
    }

    @Test
    void refusesVersionsItDoesNotKnow() {
        FieldReader in = new FieldReader(new byte[8]);
        assertThatThrownBy(() -> DeleteGroup.decode((byte) 2, in))
                .isInstanceOf(MalformedFrameException.class)
                .hasMessageContaining("DeleteGroup version 2");
        assertThatThrownBy(() -> DeleteGroup.decode((byte) 0, in)).isInstanceOf(MalformedFrameException.class);
    }

    private static void assertGolden(
            Command command, int type, BiFunction<Byte, FieldReader, ? extends Command> decode, String hex) {
        FieldWriter out = new FieldWriter();
        command.encode(out);
        byte[] golden = HexFormat.of().parseHex(hex.replace(" ", ""));

        assertThat(command.type()).isEqualTo((byte) type);
        assertThat(command.version()).isEqualTo((byte) 1);
        assertThat(out.toByteArray()).isEqualTo(golden);
        FieldReader in = new FieldReader(golden);
        assertThat(decode.apply((byte) 1, in)).isEqualTo(command);
        assertThat(in.remaining()).isZero();
        assertThat(command.sizeBytes()).isGreaterThanOrEqualTo(golden.length);
    }
}
