package dev.millrace.server.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.FrameType;
import dev.millrace.core.wire.Frames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ProtocolDocumentTest {
    private static final Path DOC = Path.of("..", "docs", "PROTOCOL.md");
    private static final UUID TOPIC_ID = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");
    private static final UUID CLUSTER_ID = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");

    private final String text = read();

    @Test
    void bytesOfTheExampleAreWhatTheCodecWrites() {
        List<byte[]> blocks = hexBlocks();
        assertThat(blocks).hasSize(4);
        assertThat(blocks.get(0)).isEqualTo(encode(1, new Frames.Hello(1, 1, 0, "demo", "docs/1")));
        assertThat(blocks.get(1))
                .isEqualTo(encode(
                        1,
                        new Frames.HelloOk(
                                1,
                                0,
                                CLUSTER_ID,
                                "millrace/0.1.0",
                                new Frames.HelloOk.Limits(16 << 20, 8 << 20, 32 << 20, 600_000))));
        assertThat(blocks.get(2)).isEqualTo(encode(2, new Frames.Publish(TOPIC_ID, 3, batch())));
        assertThat(blocks.get(3)).isEqualTo(encode(2, new Frames.Published(42, 1_700_000_000_123L, false)));
    }

    @Test
    void bytesOfTheExampleCanBeReadBack() {
        for (byte[] block : hexBlocks()) {
            ByteBuffer body = ByteBuffer.wrap(block, 4, block.length - 4);
            FrameCodec.Envelope envelope = FrameCodec.decode(body.slice());
            assertThat(encode(envelope.requestId(), envelope.frame())).isEqualTo(block);
        }
    }

    @Test
    void tableOfFrameTypesIsComplete() {
        Map<Integer, String> documented = new TreeMap<>();
        Matcher rows =
                Pattern.compile("(?m)^\\| 0x([0-9A-F]{2}) \\| \\[(\\w+)\\]").matcher(text);
        while (rows.find()) {
            documented.put(Integer.parseInt(rows.group(1), 16), rows.group(2));
        }
        Map<Integer, String> types = new TreeMap<>();
        for (FrameType type : FrameType.values()) {
            types.put(type.id(), type.name());
        }
        assertThat(documented).isEqualTo(types);
    }

    @Test
    void everyFrameTypeHasItsFieldsDescribed() {
        String described = text.substring(text.indexOf("## Connection"));
        for (FrameType type : FrameType.values()) {
            assertThat(described).containsPattern("(?m)^\\| [A-Z_, ]*\\b" + type.name() + "\\b[A-Z_, ]* \\|");
        }
    }

    @Test
    void tableOfFaultsIsComplete() {
        List<String> documented =
                text.lines().filter(line -> line.matches("\\| \\d{4} \\|.*")).toList();
        List<String> faults = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            if (fault.code() < 6000) {
                faults.add("| " + fault.code() + " | " + fault + " | " + fault.retry() + " | " + fault.remedy() + " |");
            }
        }
        assertThat(documented).isEqualTo(faults);
    }

    private List<byte[]> hexBlocks() {
        List<byte[]> blocks = new ArrayList<>();
        Matcher fences = Pattern.compile("(?s)```hex\n(.*?)```").matcher(text);
        while (fences.find()) {
            String digits = fences.group(1).replaceAll("#.*", "").replaceAll("\\s", "");
            blocks.add(HexFormat.of().parseHex(digits));
        }
        return blocks;
    }

    private static ByteBuffer batch() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        builder.append(1_700_000_000_000L, bytes("k"), bytes("v"), List.of());
        return builder.build();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] encode(int requestId, Frame frame) {
        return FrameCodec.encode(requestId, frame).array();
    }

    private static String read() {
        try {
            return Files.readString(DOC);
        } catch (IOException failure) {
            throw new java.io.UncheckedIOException(failure);
        }
    }
}
