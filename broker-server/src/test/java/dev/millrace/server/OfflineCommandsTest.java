package dev.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.server.testing.EmbeddedMillrace;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace storage} and what of {@code millrace backup} needs no broker, as a shell runs it. */
class OfflineCommandsTest {
    @TempDir
    Path root;

    private Path data;

    private record Ran(int exit, String out, String err) {}

    @BeforeEach
    void write() {
        data = root.resolve("data");
        try (EmbeddedMillrace millrace = EmbeddedMillrace.start(data);
                MillraceClient client = MillraceClient.connect(millrace.address());
                Producer producer = client.producer().build()) {
            client.admin().createTopic("orders", 1);
            for (int i = 0; i < 10; i++) {
                producer.publish("orders", "k", "value " + i);
            }
        }
    }

    @Test
    void verifyTellsACleanDirectoryFromADamagedOne() throws IOException {
        // Ten that were published, and one of the audit log: the topic was made.
        Ran clean = run("storage", "verify", "--data", data.toString());
        assertThat(clean.err()).isEmpty();
        assertThat(clean.out()).startsWith("ok: " + data.toRealPath()).contains("11 good records, 0 damages");
        assertThat(clean.exit()).isZero();
        assertThat(run("storage", "verify", "--data", data.toString(), "-o", "json")
                        .out())
                .startsWith("{\"directory\":\"" + data.toRealPath() + "\",\"clean\":true,\"files\":")
                .contains("\"records\":11,\"damageCount\":0,\"damages\":[],\"notes\":[]}");
        Files.writeString(data.resolve("shard-0/CURRENT"), "MANIFEST-999999\n");
        Ran damaged = run("storage", "verify", "--data", data.toString());
        assertThat(damaged.exit()).isEqualTo(1);
        assertThat(damaged.out())
                .startsWith("DAMAGED")
                .contains("shard-0/MANIFEST-999999", "is missing", "\ndamaged: ");
        assertThat(run("storage", "verify", "--data", data.toString(), "-o", "json")
                        .out())
                .contains("\"clean\":false", "{\"file\":\"shard-0/MANIFEST-999999\",\"topic\":null,\"problem\":");
    }

    @Test
    void verifyIsRefusedWhileABrokerRuns() {
        try (EmbeddedMillrace millrace = EmbeddedMillrace.start(data)) {
            Ran ran =
                    run("storage", "verify", "--data", millrace.dataDirectory().toString());
            assertThat(ran.exit()).isEqualTo(1);
            assertThat(ran.out()).isEmpty();
            assertThat(ran.err()).startsWith("error: ").contains("is in use by").hasLineCount(1);
        }
    }

    private static Ran run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exit = Millrace.run(
                args,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                InputStream.nullInputStream(),
                Map.of());
        return new Ran(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
