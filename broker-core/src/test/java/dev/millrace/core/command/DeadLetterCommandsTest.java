package dev.millrace.core.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The bytes of commands for dead letters and for publishing by id: they never change within a version. */
class DeadLetterCommandsTest {
    private static final MemberClaim CLAIM = new MemberClaim("g", "m", 7, 5, 9, true);
    private static final String CLAIM_HEX = "0000000167 000000016d 00000007 00000005 0000000000000009 01";

    private static void assertGolden(Command command, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        assertThat(HexFormat.of().formatHex(CommandCodec.encode(command)))
                .isEqualTo(HexFormat.of().formatHex(bytes));
        assertThat(CommandCodec.encode(CommandCodec.decode(bytes))).isEqualTo(bytes);
    }

    private static ByteBuffer bytes(int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length);
        for (int value : values) {
            buffer.put((byte) value);
        }
        return buffer.flip();
    }

    @Test
    void beginKeepsItsBytes() {
        assertGolden(
                new BeginDelivery(CLAIM, 2, 3, -1), "51 01" + CLAIM_HEX + "0000000000000002 00000003 ffffffffffffffff");
    }

    @Test
    void noteFailureKeepsItsBytes() {
        assertGolden(
                new NoteFailure(CLAIM, 2, 5, 11, "e", 400),
                "56 01" + CLAIM_HEX + "00000002 00000005 000000000000000b 0000000165 0000000000000190");
    }

    @Test
    void settleKeepsItsBytes() {
        assertGolden(new SettleReplay(CLAIM), "52 01" + CLAIM_HEX);
    }

    @Test
    void parkKeepsItsBytes() {
        ParkRecord park =
                new ParkRecord(CLAIM, "t", 4, 1, bytes(10), new ParkRecord.Failure("r", "s", 3, 11, 12), bytes(7, 8));
        assertGolden(
                park,
                "50 01" + CLAIM_HEX + "0000000174 00000004 0000000000000001 00000001 0a 0000000172 0000000173 00000003"
                        + "000000000000000b 000000000000000c 00000002 0708");
    }

    @Test
    void replayAndDiscardKeepTheirBytes() {
        assertGolden(
                new ReplayDeadLetters("g", List.of(new ReplayDeadLetters.Entry(5, 9, 11, bytes(7))), "w"),
                "53 01 0000000167 00000001 00000005 0000000000000009 000000000000000b 00000001 07 0000000177");
        assertGolden(
                new DiscardDeadLetters("g", List.of(new DiscardDeadLetters.Entry(5, 9)), "n"),
                "54 01 0000000167 00000001 00000005 0000000000000009 000000016e");
    }

    @Test
    void appendWithIdsKeepsItsBytes() {
        AppendRecords append = new AppendRecords(new UUID(1, 2), 3, bytes(7, 8));
        assertGolden(
                new AppendWithIds(append, List.of("a", "")),
                "55 01 0000000000000001 0000000000000002 00000003 00000002 0708 00000002 0000000161 00000000");
    }
}
