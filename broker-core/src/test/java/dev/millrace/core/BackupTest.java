package dev.millrace.core;

import static dev.millrace.core.SampleData.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.millrace.core.BackupOperations.Backup;
import dev.millrace.core.GroupOperations.Offset;
import dev.millrace.core.LogOperations.LogSlice;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.storage.Damage;
import dev.millrace.core.storage.DiskSpace;
import dev.millrace.core.storage.Findings;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.time.TimeSource;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups of a running broker: whole, checked, restored. */
class BackupTest {
    @TempDir
    Path root;

    private final AtomicLong usableBytes = new AtomicLong(1L << 40);
    private Path data;
    private LocalBroker broker;

    @BeforeEach
    void open() {
        data = root.resolve("data");
        broker = LocalBroker.open(options(data));
    }

    @AfterEach
    void close() {
        broker.close();
    }

    private BrokerOptions options(Path directory) {
        DiskSpace space = new DiskSpace() {
            @Override
            public long usableBytes() {
                return usableBytes.get();
            }

            @Override
            public long totalBytes() {
                return 1L << 41;
            }
        };
        return SampleData.options(directory)
                .withWorld(new BrokerOptions.World(TimeSource.SYSTEM, UUID::randomUUID, space, halted -> {}));
    }

    private static Findings check(Path directory) {
        Findings findings = new Findings();
        BackupRestore.check(directory, findings);
        return findings;
    }

    private LocalBroker restored(Backup backup) {
        Path target = root.resolve("restored");
        BackupRestore.restore(Path.of(backup.path()), target, new Findings());
        return LocalBroker.open(options(target));
    }

    @Test
    void holdsAllThatWasAcknowledgedBeforeAndAWholePrefixOfTheRest() throws InterruptedException {
        // Two partitions: a generation that is flushed in its middle then makes files that overlap.
        UUID topic = get(broker.topics().create("load", 2, Map.of())).topicId();
        AtomicInteger acknowledged = new AtomicInteger();
        AtomicInteger target = new AtomicInteger(Integer.MAX_VALUE);
        Thread writer = new Thread(() -> {
            for (int i = 0; i < target.get(); i++) {
                get(broker.logs()
                        .append(new TopicPartition(topic, i % 2), SampleData.batch(i + " " + "x".repeat(5000))));
                acknowledged.incrementAndGet();
            }
        });
        writer.start();
        List<Integer> before = new ArrayList<>();
        List<Backup> backups = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            awaitAtLeast(acknowledged, acknowledged.get() + 150);
            before.add(acknowledged.get());
            backups.add(get(broker.backups().create("under-load-" + i)));
        }
        target.set(0);
        writer.join();
        for (int i = 0; i < 4; i++) {
            Findings findings = check(Path.of(backups.get(i).path()));
            assertThat(findings.damages()).isEmpty();
            assertThat(findings.notes()).as("no torn end, no stray file").isEmpty();
            Path restored = root.resolve("restored-" + i);
            BackupRestore.restore(Path.of(backups.get(i).path()), restored, new Findings());
            try (LocalBroker other = LocalBroker.open(options(restored))) {
                List<String> even = values(other, new TopicPartition(topic, 0));
                List<String> odd = values(other, new TopicPartition(topic, 1));
                assertThat(even.size() + odd.size()).isBetween(before.get(i), acknowledged.get());
                for (int n = 0; n < even.size() + odd.size(); n++) {
                    assertThat((n % 2 == 0 ? even : odd).get(n / 2)).startsWith(n + " ");
                }
            }
        }
        assertThat(broker.stats().store().logCompactionBytes())
                .as("no generation was flushed in its middle")
                .isZero();
    }

    private static void awaitAtLeast(AtomicInteger counter, int wanted) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (counter.get() < wanted && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(counter.get()).isGreaterThanOrEqualTo(wanted);
    }

    private static List<String> values(LocalBroker broker, TopicPartition partition) {
        List<String> values = new ArrayList<>();
        long next = 0;
        while (true) {
            LogSlice slice = get(broker.logs().read(partition, next, 1 << 20));
            if (!slice.batches().hasRemaining()) {
                return values;
            }
            for (RecordBatch batch : RecordBatch.in(slice.batches())) {
                for (Record record : batch.records(1 << 20)) {
                    values.add(new String(record.value(), StandardCharsets.UTF_8));
                }
            }
            next = slice.nextOffset();
            slice.release();
        }
    }

    @Test
    void restoresTopicsRecordsGroupsAndWhatProducersHaveSent() {
        SampleData.fill(broker);
        Backup backup = get(broker.backups().create(null));
        assertThat(backup.name()).matches("[0-9]{8}T[0-9]{6}Z");
        get(broker.topics().delete("orders"));
        try (LocalBroker other = restored(backup)) {
            assertThat(other.clusterId()).isEqualTo(broker.clusterId());
            TopicPartition orders = new TopicPartition(
                    other.topics().find("orders").orElseThrow().topicId(), 0);
            TopicPartition quiet = new TopicPartition(
                    other.topics().find("quiet").orElseThrow().topicId(), 0);
            assertThat(values(other, orders)).hasSize(SampleData.RECORDS);
            assertThat(get(other.groups().committed("billing", List.of(quiet))))
                    .extracting(Offset::offset)
                    .containsExactly(2L);
            // The producer of the sample has id 1; it sends its last batch again.
            ByteBuffer again = SampleData.batch("quiet 2");
            RecordBatchBuilder.stampProducer(again, 1, (short) 0, 2);
            assertThat(get(other.logs().append(quiet, again)).duplicate()).isTrue();
            assertThat(values(other, quiet)).containsExactly("quiet 0", "quiet 1", "quiet 2");
        }
    }

    @Test
    void keepsItsRecordsWhenTheBrokerDeletesThem() throws IOException {
        SampleData.fill(broker);
        Backup backup = get(broker.backups().create("kept"));
        Map<String, ByteBuffer> before = SampleData.bytesOf(Path.of(backup.path()));
        get(broker.topics().delete("orders"));
        broker.close();
        try (LocalBroker again = LocalBroker.open(options(data))) {
            get(again.topics().create("new", 1, Map.of()));
        }
        assertThat(SampleData.bytesOf(Path.of(backup.path()))).isEqualTo(before);
        assertThat(check(Path.of(backup.path())).damages()).isEmpty();
    }

    @Test
    void namesTheFileOfEachFlippedByte() throws IOException {
        SampleData.fill(broker);
        Path backup = Path.of(get(broker.backups().create("good")).path());
        assertThat(check(backup).damages()).isEmpty();
        List<Path> files;
        try (Stream<Path> found = Files.walk(backup)) {
            files = found.filter(Files::isRegularFile).toList();
        }
        assertThat(files).hasSizeGreaterThan(7);
        for (Path file : files) {
            // Table files are links to the broker's: they are damaged in a copy.
            Path copy = SampleData.copy(backup, root.resolve("copy-" + file.getFileName()));
            Path bad = copy.resolve(backup.relativize(file));
            flip(bad, Files.size(bad) / 2);
            assertThat(check(copy).damages())
                    .as("one flipped byte in %s", file)
                    .extracting(Damage::file)
                    .contains(copy.relativize(bad).toString());
            assertThatThrownBy(() -> BackupRestore.restore(copy, root.resolve("target"), new Findings()))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("damaged");
            assertThat(root.resolve("target")).doesNotExist();
        }
        Path more = SampleData.copy(backup, root.resolve("more"));
        Files.writeString(more.resolve("shard-0/000999.log"), "");
        assertThat(check(more).damages()).extracting(Damage::file).contains("shard-0/000999.log");
        Path less = SampleData.copy(backup, root.resolve("less"));
        Files.delete(less.resolve("FORMAT"));
        assertThat(check(less).damages()).extracting(Damage::file).contains("FORMAT");
    }

    private static void flip(Path file, long at) throws IOException {
        try (RandomAccessFile raf = new RandomAccessFile(file.toFile(), "rw")) {
            raf.seek(at);
            int value = raf.read();
            raf.seek(at);
            raf.write(value ^ 0x10);
        }
    }

    private void assertRefused(String name, Fault fault) {
        assertThatThrownBy(() -> broker.backups().create(name).join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        FaultException.class, e -> assertThat(e.fault()).isEqualTo(fault));
    }

    @Test
    void refusesNamesThatAreNoneAndNamesThatExist() {
        for (String bad : List.of("", ".", "..", "../x", "a/b", "/tmp/x", ".hidden", "a b", "n\0", "x".repeat(65))) {
            assertRefused(bad, Fault.INVALID_REQUEST);
        }
        get(broker.backups().create("x".repeat(64)));
        assertRefused("x".repeat(64), Fault.INVALID_REQUEST);
        assertThat(get(broker.backups().list())).extracting(Backup::name).containsExactly("x".repeat(64));
    }

    @Test
    void keepsTheDiskReserveAndLeavesNothingBehind() throws IOException {
        SampleData.fill(broker);
        usableBytes.set((1 << 20) + 1000);
        assertRefused("too-much", Fault.DISK_FULL);
        usableBytes.set(1L << 40);
        assertThat(get(broker.backups().list())).isEmpty();
        try (Stream<Path> entries = Files.list(root.resolve("data-backups"))) {
            assertThat(entries).isEmpty();
        }
        get(broker.backups().create("too-much"));
    }

    @Test
    void removesWhatACrashLeftAndNeverListsIt() throws IOException {
        Path left = root.resolve("data-backups/.crashed.partial/shard-0");
        Files.createDirectories(left);
        Files.writeString(left.resolve("CURRENT"), "half");
        assertThat(get(broker.backups().list())).isEmpty();
        get(broker.backups().create("next"));
        assertThat(left.getParent()).doesNotExist();
        assertThat(get(broker.backups().list())).extracting(Backup::name).containsExactly("next");
    }

    @Test
    void saysThatTheBackupDirectoryMustLieOnTheSameFileSystem() throws IOException {
        Path shm = Path.of("/dev/shm");
        assumeThat(Files.isDirectory(shm) && Files.isWritable(shm))
                .as("/dev/shm")
                .isTrue();
        assumeThat(Files.getFileStore(shm).equals(Files.getFileStore(root))).isFalse();
        SampleData.fill(broker);
        broker.close();
        Path elsewhere = Files.createTempDirectory(shm, "millrace-backup-test");
        BrokerOptions options = options(data);
        BrokerOptions.Upkeep upkeep = options.upkeep();
        broker = LocalBroker.open(options.withUpkeep(new BrokerOptions.Upkeep(
                upkeep.generationAgeMsMax(),
                upkeep.intervalMs(),
                upkeep.diskReserveBytes(),
                upkeep.ballastBytes(),
                upkeep.producerRetentionMs(),
                new BrokerOptions.Backups(elsewhere, "1"))));
        try {
            assertThatThrownBy(() -> broker.backups().create("far").join())
                    .hasMessageContaining("storage.backupDirectory must lie on the same file system");
            try (Stream<Path> entries = Files.list(elsewhere)) {
                assertThat(entries).isEmpty();
            }
        } finally {
            Files.delete(elsewhere);
        }
    }

    @Test
    void restoresOnlyIntoAnEmptyDirectoryAndStartsNoBrokerOnABackup() throws IOException {
        Path backup = Path.of(get(broker.backups().create("b")).path());
        Path target = Files.createDirectories(root.resolve("target"));
        Files.writeString(target.resolve("letter.txt"), "hello");
        assertThatThrownBy(() -> BackupRestore.restore(backup, target, new Findings()))
                .hasMessageContaining("is not empty");
        assertThatThrownBy(() -> BackupRestore.restore(data, root.resolve("other"), new Findings()))
                .hasMessageContaining("is no backup");
        assertThatThrownBy(() -> LocalBroker.open(options(backup))).hasMessageContaining("is a backup");
        assertThat(check(backup).damages()).isEmpty();
    }
}
