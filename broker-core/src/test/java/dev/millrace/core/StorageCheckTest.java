package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.storage.Damage;
import dev.millrace.core.storage.Findings;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.time.TimeSource;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A check finds what is damaged and names it, finds nothing where nothing is, and changes nothing. */
class StorageCheckTest {
    private static final long BLOCK_BYTES = 32 << 10;

    @TempDir
    static Path samples;

    private static Path stopped;
    private static Path killed;

    @TempDir
    Path root;

    @BeforeAll
    static void write() throws IOException {
        stopped = samples.resolve("data");
        BrokerOptions options = SampleData.options(stopped);
        try (LocalBroker broker = LocalBroker.open(
                options.withWorld(new BrokerOptions.World(new LeapingTime(), UUID::randomUUID, null, halted -> {})))) {
            SampleData.fill(broker);
            killed = crashImage(broker, stopped);
        }
    }

    /** Seconds pass between any two looks at it, so that every sync is marked in the beacon. */
    private static final class LeapingTime implements TimeSource {
        private final AtomicLong nanos = new AtomicLong();

        @Override
        public long nowMs() {
            return System.currentTimeMillis();
        }

        @Override
        public long nanoTime() {
            return nanos.addAndGet(2_000_000_000L);
        }
    }

    /** Copied until nothing changed meanwhile: flushes go on for a moment. */
    private static Path crashImage(LocalBroker broker, Path data) throws IOException {
        for (int attempt = 0; attempt < 50; attempt++) {
            Path image = samples.resolve("killed-" + attempt);
            // A flush may have begun a new log: the newest one must hold something that can be lost.
            for (int i = 0; i < 10; i++) {
                SampleData.get(broker.logs().initProducer());
            }
            if (copiedWhole(data, image)) {
                return image;
            }
        }
        throw new AssertionError("the files of " + data + " never stood still");
    }

    private static boolean copiedWhole(Path data, Path image) throws IOException {
        try {
            Map<String, ByteBuffer> before = SampleData.bytesOf(data);
            SampleData.copy(data, image);
            return SampleData.bytesOf(image).equals(before);
        } catch (NoSuchFileException goneMeanwhile) {
            return false;
        } catch (UncheckedIOException walked) {
            if (walked.getCause() instanceof NoSuchFileException) {
                return false;
            }
            throw walked;
        }
    }

    private static Findings check(Path directory) {
        Findings findings = new Findings();
        new StorageCheck(findings).run(directory);
        return findings;
    }

    @Test
    void findsNothingAfterAStopAndAfterAKill() {
        for (Path directory : List.of(stopped, killed)) {
            Findings findings = new Findings();
            StorageCheck.Extent extent = new StorageCheck(findings).run(directory);
            assertThat(findings.damages()).as("in %s", directory).isEmpty();
            assertThat(extent.records()).isEqualTo(SampleData.RECORDS + 3);
            assertThat(extent.files()).isGreaterThan(8);
            assertThat(findings.doneBytes()).isGreaterThan(SampleData.RECORDS * 3000L);
        }
    }

    @Test
    void changesNothingOnDisk() throws IOException {
        for (Path directory : List.of(stopped, killed)) {
            Map<String, ByteBuffer> before = SampleData.bytesOf(directory);
            check(directory);
            assertThat(SampleData.bytesOf(directory)).isEqualTo(before);
        }
    }

    @Test
    void refusesADirectoryInUseAndOneThatIsNotOurs() throws IOException {
        Path data = SampleData.copy(stopped, root.resolve("data"));
        try (LocalBroker broker = LocalBroker.open(SampleData.options(data))) {
            assertThat(broker.status()).isInstanceOf(BrokerStatus.Serving.class);
            assertThatThrownBy(() -> check(data))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("in use by");
        }
        Path foreign = Files.createDirectories(root.resolve("foreign"));
        Files.writeString(foreign.resolve("letter.txt"), "hello");
        assertThatThrownBy(() -> check(foreign)).hasMessageContaining("neither a data directory nor a backup");
        assertThatThrownBy(() -> check(root.resolve("nowhere"))).hasMessageContaining("nowhere");
    }

    @Test
    void namesTheTableFileAndTheOffsetsThatAreDamaged() throws IOException {
        Path data = SampleData.copy(stopped, root.resolve("data"));
        Path file = oldest(data, name -> name.endsWith(".sst"));
        flip(file, Files.size(file) / 2);
        Findings findings = check(data);
        assertThat(findings.damages())
                .anySatisfy(damage -> assertThat(damage.file()).isEqualTo("shard-0/" + file.getFileName()));
        List<Damage.LogRange> ranges = findings.damages().stream()
                .map(Damage::log)
                .filter(Objects::nonNull)
                .toList();
        assertThat(ranges)
                .as("%s", findings.damages())
                .isNotEmpty()
                .allMatch(range -> range.topic().equals("orders"));
        for (int i = 1; i < ranges.size(); i++) {
            // The block may reach over the end of a segment, each of which is reported by itself.
            assertThat(ranges.get(i).fromOffset()).isEqualTo(ranges.get(i - 1).toOffset() + 1);
        }
        assertThat(ranges.get(ranges.size() - 1).toOffset() - ranges.get(0).fromOffset())
                .as("one block of 32 KiB, not the whole segment")
                .isBetween(1L, 40L);
    }

    @Test
    void namesEachOtherFileThatIsDamaged() throws IOException {
        for (String kind : List.of("FORMAT", "shard-0.beacon", "CURRENT", "MANIFEST-.*", "IDENTITY", ".*\\.log")) {
            Path image = SampleData.copy(killed, root.resolve("flipped-" + kind.replaceAll("[^A-Za-z]", "")));
            Path file = oldest(image, name -> name.matches(kind));
            flip(file, file.endsWith("shard-0.beacon") ? 17 : Files.size(file) / 3);
            assertThat(check(image).damages())
                    .as("one flipped byte in %s", file)
                    .anySatisfy(damage -> assertThat(damage.file())
                            .isEqualTo(image.relativize(file).toString()));
        }
    }

    @Test
    void namesWhatIsMissing() throws IOException {
        for (String kind : List.of("FORMAT", "shard-0.beacon", "CURRENT", "MANIFEST-.*", ".*\\.sst", ".*\\.log")) {
            Path image = SampleData.copy(killed, root.resolve("without-" + kind.replaceAll("[^A-Za-z]", "")));
            Path file = oldest(image, name -> name.matches(kind));
            Files.delete(file);
            Findings findings = check(image);
            assertThat(findings.damages()).as("without %s", file).isNotEmpty();
            boolean tail = kind.endsWith("log");
            assertThat(findings.damages().toString())
                    .as("without %s", file)
                    .contains(tail ? "shard-0" : file.getFileName().toString());
        }
    }

    /** Cut early enough, it has lost whole column families, the one of the records first. */
    @Test
    void namesAManifestThatWasCutWhereverThatWas() throws IOException {
        for (int bytes = 100; bytes < 700; bytes += 20) {
            Path image = SampleData.copy(killed, root.resolve("cut-" + bytes));
            Path manifest = oldest(image, name -> name.matches("MANIFEST-.*"));
            assertThat(Files.size(manifest)).isGreaterThan(bytes);
            try (RandomAccessFile file = new RandomAccessFile(manifest.toFile(), "rw")) {
                file.setLength(bytes);
            }
            assertThat(check(image).damages().toString())
                    .as("cut at byte %d", bytes)
                    .contains(manifest.getFileName().toString());
        }
    }

    @Test
    void noticesALostTail() throws IOException {
        Path image = SampleData.copy(killed, root.resolve("image"));
        Path file = newestLog(image);
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "rw")) {
            log.setLength(log.length() / 4);
        }
        assertThat(check(image).damages().toString()).contains("data is missing at the end");
    }

    @Test
    void acceptsAWriteThatWasCutShortBehindAllThatWasAcknowledged() throws IOException {
        Path image = SampleData.copy(killed, root.resolve("image"));
        Path file = newestLog(image);
        byte[] log = Files.readAllBytes(file);
        // Behind the log's first record, which is empty: the head of the next one and a part of what it announces.
        int emptyRecordBytes = 7 + 12;
        byte[] cutShort = Arrays.copyOfRange(log, emptyRecordBytes, emptyRecordBytes + 7 + 10);
        Files.write(file, cutShort, StandardOpenOption.APPEND);
        Findings torn = check(image);
        assertThat(torn.damages()).isEmpty();
        assertThat(torn.notes().toString()).contains("a write that was cut short");
    }

    private static Path newestLog(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
        }
    }

    /** The oldest of those that are large: it surely belongs to the store. */
    private static Path oldest(Path directory, Predicate<String> wanted) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> wanted.test(file.getFileName().toString()))
                    .max(Comparator.<Path, Boolean>comparing(
                                    file -> file.toFile().length() > BLOCK_BYTES)
                            .thenComparing(Comparator.<Path>naturalOrder().reversed()))
                    .orElseThrow();
        }
    }

    private static void flip(Path file, long at) throws IOException {
        try (RandomAccessFile raf = new RandomAccessFile(file.toFile(), "rw")) {
            raf.seek(at);
            int value = raf.read();
            raf.seek(at);
            raf.write(value ^ 0x10);
        }
    }
}
