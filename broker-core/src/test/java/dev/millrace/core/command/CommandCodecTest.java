package dev.millrace.core.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.wire.MalformedFrameException;
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
                new Golden(new Maintain(1000, -1, 5), "07 01 00000000000003e8 ffffffffffffffff 0000000000000005"));
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
