package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.client.schema.RegistrySchema;
import dev.millrace.client.schema.SchemaRegistryClient;
import dev.millrace.client.schema.SchemaRegistryException;
import dev.millrace.core.error.Fault;
import dev.millrace.server.schema.SchemaHistories;
import dev.millrace.system.FileEventSchema.Break;
import dev.millrace.system.FileEventSchema.Mutation;
import dev.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The history of a large repository under a schema with full validation: every event is accepted; what does not fit is
 * refused with its place, and so is a schema that would break who reads the history.
 */
class RealSchemasIT {
    private static final String TOPIC = "files";
    private static final String SUBJECT = TOPIC + "-value";
    private static final int EVENTS_EACH = 20;
    private static final int BREAKS_BY_COMMAND = 4;

    @TempDir
    Path directory;

    @Test
    void everyEventIsAcceptedAndWhatWouldBreakReadersIsRefused() throws Exception {
        long seed = Seeds.next();
        Random random = new Random(seed);
        List<String> lines = RealEvents.load().lines();
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            int id;
            try (MillraceClient client = MillraceClient.connect(daemon.server())) {
                client.admin().createTopic(TOPIC, 4, Map.of("schema.validation", "full"));
                id = registry(daemon).register(SUBJECT, RegistrySchema.json(FileEventSchema.schema() + ""));
                publishAll(client, id, lines);
                proveMutations(client, id, lines, random);
                assertThat(client.admin().describeTopic(TOPIC).messages()).isEqualTo(lines.size());
            }
            daemon.kill();
            daemon.start();
            try (MillraceClient client = MillraceClient.connect(daemon.server())) {
                proveMutations(client, id, lines, random);
                proveBreaks(daemon, registry(daemon));
                proveHistories(registry(daemon));
                proveEvolution(client, registry(daemon), id, lines.get(lines.size() - 1));
                assertThat(client.admin().describeTopic(TOPIC).messages()).isEqualTo(lines.size() + 1);
            }
            assertThat(daemon.terminate()).isZero();
        }
    }

    private static SchemaRegistryClient registry(Daemon daemon) {
        return SchemaRegistryClient.of(daemon.httpUrl());
    }

    private static Message message(int id, String line) {
        byte[] header = ByteBuffer.allocate(5).put((byte) 0).putInt(id).array();
        return Message.to(TOPIC)
                .key(RealEvents.parse(line).path("path").asText())
                .value(line)
                .header("__value_schema_id", header);
    }

    private static void publishAll(MillraceClient client, int id, List<String> lines) {
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
        try (Producer producer = client.producer().build()) {
            lines.forEach(line -> receipts.add(producer.publishAsync(message(id, line))));
        }
        receipts.forEach(CompletableFuture::join);
    }

    // ---- events

    private static void proveMutations(MillraceClient client, int id, List<String> lines, Random random) {
        List<Mutation> mutations = FileEventSchema.mutations();
        assertThat(mutations).hasSizeGreaterThanOrEqualTo(20);
        try (Producer producer = client.producer().build()) {
            for (Mutation mutation : mutations) {
                for (int i = 0; i < EVENTS_EACH; i++) {
                    ObjectNode event = writtenFile(lines, random);
                    mutation.change().accept(event);
                    assertThatThrownBy(() -> producer.publish(message(id, event.toString())))
                            .as(mutation.name())
                            .isInstanceOfSatisfying(MillraceException.class, refused -> {
                                assertThat(refused.fault()).isEqualTo(Fault.SCHEMA_REFUSED);
                                assertThat(refused.detail())
                                        .contains(
                                                "does not fit the schema id " + id + ": ",
                                                "at " + mutation.path() + ": ");
                            });
                }
            }
        }
    }

    /** An event that adds or modifies a file, so that it has all members. */
    private static ObjectNode writtenFile(List<String> lines, Random random) {
        while (true) {
            ObjectNode event = (ObjectNode) RealEvents.parse(lines.get(random.nextInt(lines.size())));
            if (event.has("blob")) return event;
        }
    }

    // ---- schemas

    private void proveBreaks(Daemon daemon, SchemaRegistryClient registry) throws Exception {
        List<Break> breaks = new ArrayList<>(FileEventSchema.breaksForNewReaders());
        breaks.addAll(FileEventSchema.breaksForOldReaders());
        assertThat(breaks).hasSizeGreaterThanOrEqualTo(20);
        int byCommand = 0;
        for (Break broken : breaks) {
            setLevel(registry, SUBJECT, broken.level());
            ObjectNode schema = FileEventSchema.schema();
            broken.change().accept(schema);
            assertThatThrownBy(() -> registry.register(SUBJECT, RegistrySchema.json(schema.toString())))
                    .as(broken.name())
                    .isInstanceOfSatisfying(SchemaRegistryException.class, refused -> {
                        assertThat(refused.code()).isEqualTo(409);
                        assertThat(refused.incompatibilities())
                                .as(broken.name())
                                .extracting(found -> found.direction() + " " + found.rule() + " " + found.path())
                                .containsExactly(broken.level() + " " + broken.rule() + " " + broken.path());
                        assertThat(refused.incompatibilities().get(0).fix()).isNotBlank();
                    });
            if (byCommand++ < BREAKS_BY_COMMAND) {
                checkByCommand(daemon, broken, schema);
            }
        }
        assertThat(registry.version(SUBJECT, "latest").version()).isEqualTo(1);
    }

    private void checkByCommand(Daemon daemon, Break broken, ObjectNode schema) throws Exception {
        Path file = Files.writeString(directory.resolve("broken.json"), schema.toString());
        Daemon.Ran ran = daemon.run("schema", "check", SUBJECT, file.toString(), "--registry", daemon.httpUrl());
        assertThat(ran.exit()).as(ran.err()).isEqualTo(1);
        assertThat(ran.out())
                .startsWith(broken.path() + "  " + broken.rule() + "  against version 1, " + broken.level() + "\n");
    }

    /** Changes that public projects made, each as the second version of a subject of its own. */
    private static void proveHistories(SchemaRegistryClient registry) {
        List<SchemaHistories.Change> changes = SchemaHistories.load();
        assertThat(changes).hasSizeGreaterThanOrEqualTo(20);
        for (int i = 0; i < changes.size(); i++) {
            SchemaHistories.Change change = changes.get(i);
            String subject = "history-" + i;
            registry.register(subject, schema(change.format(), change.older()));
            setLevel(registry, subject, change.level());
            assertThatThrownBy(() -> registry.register(subject, schema(change.format(), change.newer())))
                    .as(change.toString())
                    .isInstanceOfSatisfying(SchemaRegistryException.class, refused -> {
                        assertThat(refused.code()).isEqualTo(409);
                        assertThat(refused.incompatibilities())
                                .as(change.toString())
                                .extracting(found -> found.direction() + " " + found.rule() + " " + found.path())
                                .contains(change.level() + " " + change.rule() + " " + change.path());
                    });
        }
    }

    private static RegistrySchema schema(String format, String text) {
        return switch (format) {
            case "AVRO" -> RegistrySchema.avro(text);
            case "JSON" -> RegistrySchema.json(text);
            default -> RegistrySchema.protobuf(text);
        };
    }

    private static void setLevel(SchemaRegistryClient registry, String subject, String level) {
        registry.put("/config/" + subject, JsonNodeFactory.instance.objectNode().put("compatibility", level));
    }

    /** A change that breaks nobody is the next version, and says what may be published from then on. */
    private static void proveEvolution(MillraceClient client, SchemaRegistryClient registry, int id, String line) {
        setLevel(registry, SUBJECT, "BACKWARD");
        ObjectNode evolved = FileEventSchema.schema();
        evolved.withObject("/properties").putObject("author").put("type", "string");
        int next = registry.register(SUBJECT, RegistrySchema.json(evolved.toString()));
        assertThat(next).isNotEqualTo(id);
        ObjectNode event = ((ObjectNode) RealEvents.parse(line)).put("author", "Ada");
        try (Producer producer = client.producer().build()) {
            assertThatThrownBy(() -> producer.publish(message(id, event.toString())))
                    .isInstanceOf(MillraceException.class);
            producer.publish(message(next, event.toString()));
        }
    }
}
