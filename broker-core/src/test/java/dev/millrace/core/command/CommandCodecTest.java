package dev.millrace.core.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.AuditNote;
import dev.millrace.core.wire.GroupFrames.PartitionOffset;
import dev.millrace.core.wire.MalformedFrameException;
import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.Operation;
import dev.millrace.core.wire.TimerRef;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The encoded form of commands is kept for as long as a log may hold them. */
class CommandCodecTest {
    private static final UUID ID = new UUID(0x0102030405060708L, 0x090a0b0c0d0e0f10L);
    private static final String ID_HEX = "0102030405060708090a0b0c0d0e0f10";

    record Golden(Command command, String hex) {}

    static List<Golden> goldens() {
        TreeMap<String, String> settings = new TreeMap<>(Map.of("retention", "7d"));
        TreeMap<String, String> unset = new TreeMap<>();
        unset.put("retention", null);
        String retention = "00000009726574656e74696f6e";
        return List.of(
                new Golden(
                        new AppendRecords(ID, 3, ByteBuffer.wrap(new byte[] {7, 8})),
                        "01 01" + ID_HEX + "00000003 00000002 0708"),
                new Golden(new AllocateProducer(), "02 01"),
                new Golden(
                        new CreateTopic(ID, "t", 4, settings, 100),
                        "03 01" + ID_HEX + "00000001 74 00000004 00000001" + retention + "00000002 3764 00000064"),
                new Golden(
                        new AlterTopic("t", 0, unset, 100),
                        "04 01 00000001 74 00000000 00000001" + retention + "ffffffff 00000064"),
                new Golden(new DeleteTopic("t"), "05 01 00000001 74"),
                new Golden(new DeleteBefore(ID, 1, 9), "06 01" + ID_HEX + "00000001 0000000000000009"),
                new Golden(new Maintain(1000, -1, 5), "07 01 00000000000003e8 ffffffffffffffff 0000000000000005"),
                new Golden(new InitTransactions("x", -1), "3c 01 00000001 78 ffffffff"),
                new Golden(
                        new CommitTransaction(
                                "x",
                                7,
                                2,
                                9,
                                List.of(
                                        new Operation.Append(ID, 3, ByteBuffer.wrap(new byte[] {7, 8})),
                                        new Operation.CommitOffsets(
                                                "g", "m", 4, List.of(new PartitionOffset(ID, 1, 5, null))),
                                        new Operation.CancelTimer(new TimerRef(ID, "k", 0, 0)),
                                        new Operation.AppendEvents(
                                                ID, 3, List.of(), ByteBuffer.wrap(new byte[] {7, 8}))),
                                100),
                        "3d 01 00000001 78 0000000000000007 00000002 0000000000000009 00000004"
                                + "01" + ID_HEX + "00000003 00000002 0708"
                                + "02 00000001 67 00000001 6d 00000004 00000001" + ID_HEX
                                + "00000001 0000000000000005 ffffffff"
                                + "04" + ID_HEX + "00000001 6b 0000000000000000 0000000000000000"
                                + "05" + ID_HEX + "00000003 00000000 00000002 0708"
                                + "0000000000000064"),
                new Golden(
                        new ScheduleTimers(
                                7,
                                9,
                                List.of(new NewTimer(ID, 3, -1, 60, null, ByteBuffer.wrap(new byte[] {7, 8}))),
                                100),
                        "3e 01 0000000000000007 0000000000000009 00000001" + ID_HEX
                                + "00000003 ffffffffffffffff 000000000000003c ffffffff 00000002 0708"
                                + "0000000000000064"),
                new Golden(
                        new CancelTimer(new TimerRef(ID, null, 1, 2)),
                        "3f 01" + ID_HEX + "ffffffff 0000000000000001 0000000000000002"),
                new Golden(new FireTimers(1000, 4), "40 01 000003e8 00000004"),
                new Golden(
                        new Audited(new Actor("p", "c", "a"), new DeleteTopic("t")),
                        "64 01 00000001 70 00000001 63 00000001 61 00000007 05 01 00000001 74 00000000"),
                new Golden(
                        new Audited(
                                new Actor("p", "", ""),
                                new DeleteTopic("t"),
                                List.of(new AuditNote("a", "b", null, "{}"))),
                        "64 01 00000001 70 00000000 00000000 00000007 05 01 00000001 74"
                                + "00000001 00000001 61 00000001 62 ffffffff 00000002 7b7d"));
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void keepsItsBytes(Golden golden) {
        byte[] bytes = HexFormat.of().parseHex(golden.hex.replace(" ", ""));
        assertThat(CommandCodec.encode(golden.command)).isEqualTo(bytes);
        assertThat(CommandCodec.decode(bytes)).isEqualTo(golden.command);
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void refusesBytesThatAreCutShortOrOfAnotherVersion(Golden golden) {
        byte[] bytes = CommandCodec.encode(golden.command);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> CommandCodec.decode(cut)).isInstanceOf(MalformedFrameException.class);
        }
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
        assertThatThrownBy(() -> CommandCodec.decode(longer)).isInstanceOf(MalformedFrameException.class);
        byte[] newer = bytes.clone();
        newer[1] = 2;
        assertThatThrownBy(() -> CommandCodec.decode(newer))
                .isInstanceOf(MalformedFrameException.class)
                .hasMessageContaining("version 2");
    }

    @Test
    void refusesATypeItDoesNotKnow() {
        assertThatThrownBy(() -> CommandCodec.decode(new byte[] {99, 1}))
                .isInstanceOf(MalformedFrameException.class)
                .hasMessageContaining("99");
    }
}
