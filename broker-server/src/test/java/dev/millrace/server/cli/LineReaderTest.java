package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineReaderTest {
    private static final Duration WAIT = Duration.ofSeconds(20);

    @TempDir
    Path dir;

    @Test
    void readsLinesWithEveryKindOfEnd() throws Exception {
        assertThat(lines("a\nbc\r\n\nlast")).containsExactly("a", "bc", "", "last");
        assertThat(lines("a\n")).containsExactly("a");
        assertThat(lines("\n")).containsExactly("");
        assertThat(lines("")).isEmpty();
    }

    @Test
    void joinsLinesThatSpanReads() throws Exception {
        String large = "x".repeat(200_000);
        assertThat(lines("a\n" + large + "\n" + large + "\nb")).containsExactly("a", large, large, "b");
    }

    @Test
    void unpacksGzipAndKnowsTheSizeOnDisk() throws Exception {
        byte[] packed = gzip("one\ntwo\n");
        Path file = Files.write(dir.resolve("lines.gz"), packed);
        try (LineReader reader = LineReader.open(file.toString(), session(InputStream.nullInputStream()))) {
            assertThat(reader.totalBytes()).isEqualTo(packed.length);
            List<String> found = new ArrayList<>();
            assertThat(drain(reader, found).readBytes()).isEqualTo(packed.length);
            assertThat(found).containsExactly("one", "two");
        }
    }

    @Test
    void givesTheLinesBeforeDamageAndThenTheDamage() throws Exception {
        byte[] packed = gzip("one\n" + "two\n".repeat(100_000));
        Path file = Files.write(dir.resolve("cut.gz"), Arrays.copyOf(packed, packed.length - 20));
        try (LineReader reader = LineReader.open(file.toString(), session(InputStream.nullInputStream()))) {
            List<String> found = new ArrayList<>();
            LineReader.Chunk last = drain(reader, found);
            assertThat(last.failure()).isInstanceOf(IOException.class);
            assertThat(found).startsWith("one", "two");
        }
    }

    @Test
    void handsOverWhatWasTypedBeforeTheInputEnds() throws Exception {
        PipedInputStream in = new PipedInputStream();
        try (PipedOutputStream typing = new PipedOutputStream(in);
                LineReader reader = LineReader.open("-", session(in))) {
            typing.write("first\nsec".getBytes(StandardCharsets.UTF_8));
            typing.flush();
            List<byte[]> lines = reader.next(WAIT).lines();
            assertThat(lines).containsExactly("first".getBytes(StandardCharsets.UTF_8));
            assertThat(reader.next(Duration.ofMillis(1))).isNull();
        }
    }

    @Test
    void namesAFileThatIsMissing() {
        assertThatThrownBy(() ->
                        LineReader.open(dir.resolve("nothing").toString(), session(InputStream.nullInputStream())))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("there is no file " + dir.resolve("nothing"));
    }

    @Test
    void refusesALineWithoutEnd() throws Exception {
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 'x';
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                Arrays.fill(bytes, offset, offset + length, (byte) 'x');
                return length;
            }
        };
        try (LineReader reader = LineReader.open("-", session(endless))) {
            assertThat(drain(reader, new ArrayList<>()).failure()).hasMessageContaining("longer than 64.0 MiB");
        }
    }

    private static List<String> lines(String text) throws Exception {
        InputStream in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        try (LineReader reader = LineReader.open("-", session(in))) {
            List<String> found = new ArrayList<>();
            assertThat(drain(reader, found).failure()).isNull();
            return found;
        }
    }

    private static LineReader.Chunk drain(LineReader reader, List<String> found) throws InterruptedException {
        while (true) {
            LineReader.Chunk chunk = reader.next(WAIT);
            assertThat(chunk).isNotNull();
            chunk.lines().forEach(line -> found.add(new String(line, StandardCharsets.UTF_8)));
            if (chunk.last()) return chunk;
        }
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return packed.toByteArray();
    }

    private static Session session(InputStream in) {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        return Session.of(nowhere, nowhere, in, Map.of());
    }
}
