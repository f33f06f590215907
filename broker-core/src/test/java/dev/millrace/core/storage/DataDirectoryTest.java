package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.millrace.core.storage.StoreException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One process owns a data directory, and only one that it can read. */
final class DataDirectoryTest {
    @TempDir
    Path root;

    @Test
    void createsTheDirectoryAndKeepsItsIdentity() {
        Path path = root.resolve("a/b/data");
        UUID cluster;
        try (DataDirectory data = DataDirectory.open(path)) {
            cluster = data.clusterId();
            assertThat(data.path()).isDirectory();
            assertThat(data.shardDirectory(0)).isEqualTo(data.path().resolve("shard-0"));
            assertThat(path.resolve("FORMAT"))
                    .content()
                    .matches("millrace.format=2\ncluster.id=" + cluster + "\nchecksum=[0-9a-f]{8}\n");
        }
        try (DataDirectory data = DataDirectory.open(path)) {
            assertThat(data.clusterId()).isEqualTo(cluster);
        }
    }

    @Test
    void closesTwiceAndFreesTheDirectory() {
        DataDirectory data = DataDirectory.open(root.resolve("data"));
        data.close();
        data.close();
        try (DataDirectory again = DataDirectory.open(root.resolve("data"))) {
            data.close();
            assertRefused(Kind.IN_USE, root.resolve("data")).hasMessageContaining("pid");
            assertThat(again.clusterId()).isEqualTo(data.clusterId());
        }
    }

    @Test
    void keepsOtherProcessesOutEvenAfterAnAttemptFromInside() throws Exception {
        Path path = root.resolve("data");
        try (DataDirectory data = DataDirectory.open(path)) {
            assertRefused(Kind.IN_USE, path.resolve("../data"));
            try (StoreChild child = StoreChild.start("hold", data.path(), 0)) {
                assertThat(child.readLine())
                        .startsWith("IN_USE")
                        .contains(data.path().toString())
                        .contains("pid " + ProcessHandle.current().pid())
                        .contains("Stop that broker");
            }
        }
    }

    @Test
    void isFreeAgainAfterItsHolderWasKilled() throws Exception {
        Path path = root.resolve("data");
        try (StoreChild child = StoreChild.start("hold", path, 0)) {
            assertThat(child.readLine()).isEqualTo("held");
            assertRefused(Kind.IN_USE, path).hasMessageContaining("another process (pid " + child.pid() + ")");
        }
        DataDirectory.open(path).close();
    }

    @Test
    void refusesAnotherFormatVersion() throws IOException {
        DataDirectory.open(root).close();
        Path format = root.resolve("FORMAT");
        Files.writeString(format, Files.readString(format).replace("format=2", "format=1"));
        assertRefused(Kind.FORMAT_VERSION, root)
                .hasMessageContaining("version 1")
                .hasMessageContaining("version 2");
    }

    @Test
    void refusesADamagedFormatFile() throws IOException {
        DataDirectory.open(root).close();
        for (String text : new String[] {"", "millrace.format=2\n", "millrace.format=2\ncluster.id=x\n", "\0\0\0"}) {
            Files.writeString(root.resolve("FORMAT"), text);
            assertRefused(Kind.DAMAGED, root).hasMessageContaining("FORMAT");
        }
    }

    @Test
    void refusesAnotherClusterIdThanTheOneThatWasWritten() throws IOException {
        DataDirectory.open(root).close();
        Path format = root.resolve("FORMAT");
        String text = Files.readString(format);
        int digit = text.indexOf("cluster.id=") + "cluster.id=".length();
        String changed = text.substring(0, digit) + (text.charAt(digit) == '0' ? '1' : '0') + text.substring(digit + 1);
        Files.writeString(format, changed);
        assertRefused(Kind.DAMAGED, root).hasMessageContaining("checksum");
    }

    @Test
    void refusesADirectoryOfSomeoneElseAndLeavesItAlone() throws IOException {
        Files.writeString(root.resolve("thesis.txt"), "precious");
        assertRefused(Kind.NOT_WRITABLE, root)
                .hasMessageContaining("thesis.txt")
                .hasMessageContaining(root.toString());
        try (var entries = Files.list(root)) {
            assertThat(entries).containsExactly(root.resolve("thesis.txt"));
        }
    }

    @Test
    void startsAgainAfterAFirstStartCutShort() throws IOException {
        Files.createDirectory(root.resolve("lost+found"));
        Files.writeString(root.resolve("millrace.lock"), "");
        Files.writeString(root.resolve("FORMAT.new"), "mill");
        DataDirectory.open(root).close();
        assertThat(root.resolve("FORMAT.new")).doesNotExist();
    }

    @Test
    void refusesAPathThatCannotBeADirectory() throws IOException {
        Path file = Files.writeString(root.resolve("file"), "x");
        assertRefused(Kind.NOT_WRITABLE, file).hasMessageContaining(file.toString());
        assertRefused(Kind.NOT_WRITABLE, file.resolve("below")).hasMessageContaining("write permission");
    }

    @Test
    void refusesADirectoryThatItMayNotWrite() {
        assumeFalse("root".equals(System.getProperty("user.name")), "root may write everywhere");
        assertThat(root.toFile().setWritable(false)).isTrue();
        assertRefused(Kind.NOT_WRITABLE, root).hasMessageContaining("write permission");
    }

    private static AbstractThrowableAssert<?, ?> assertRefused(Kind kind, Path path) {
        return assertThatThrownBy(() -> DataDirectory.open(path))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }
}
