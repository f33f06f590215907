package dev.millrace.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds the records, config/millrace.yaml, docs/CONFIGURATION.md and the schema to the one table of keys. */
class ConfigFilesTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path YAML = ROOT.resolve("config/millrace.yaml");
    private static final Path MARKDOWN = ROOT.resolve("docs/CONFIGURATION.md");
    private static final Map<String, String> OTHER_VALUES = otherValues();

    @Test
    void configFileIsMadeFromTheKeys() throws IOException {
        holds(YAML, ConfigDocs.yaml());
    }

    @Test
    void documentationIsMadeFromTheKeys() throws IOException {
        holds(MARKDOWN, ConfigDocs.markdown());
    }

    @Test
    void configFileHoldsEveryKeyWithItsDefault() throws Exception {
        Loaded loaded = ConfigLoader.load(Sources.none().withFile(YAML));
        assertThat(loaded.config()).isEqualTo(ConfigLoader.defaults());
        assertThat(loaded.settings())
                .hasSize(Keys.ALL.size())
                .allSatisfy(setting -> assertThat(setting.origin()).isInstanceOf(Origin.InFile.class));
        assertThat(loaded.warnings()).isEmpty();
    }

    @Test
    void theProblemsThatTheDocumentationShowsAreReal(@TempDir Path dir) throws IOException {
        Path file = Files.writeString(dir.resolve("millrace.yaml"), "storage:\n  blokCache: 64MiB\n  tailCache: 128\n");
        ConfigException refused = catchThrowableOfType(
                ConfigException.class, () -> ConfigLoader.load(Sources.none().withFile(file)));
        assertThat(ConfigDocs.markdown()).contains(refused.getMessage().replace(dir + "/", ""));
    }

    /** A key bound to the wrong field of the records would give back another key's value. */
    @Test
    void everyKeyReachesItsOwnFieldOfTheRecords() throws Exception {
        Config defaults = ConfigLoader.defaults();
        Loaded changed = ConfigLoader.load(Sources.none()
                .withSets(OTHER_VALUES.entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                        .toList()));
        for (Key<?> key : Keys.ALL) {
            assertThat(key.written(defaults)).as(key.path()).isEqualTo(key.defaultText());
            String other = OTHER_VALUES.get(key.path());
            assertThat(other).as("another value for " + key.path()).isNotNull().isNotEqualTo(key.defaultText());
            assertThat(key.written(changed.config())).as(key.path()).isEqualTo(other);
        }
    }

    @Test
    void everyFieldOfTheRecordsHasAKeyOfItsName() {
        List<String> fields = new ArrayList<>();
        collectFields("", Config.class, fields);
        assertThat(fields)
                .containsExactlyInAnyOrderElementsOf(
                        Keys.ALL.stream().map(Key::path).toList());
    }

    @Test
    void everySectionIsDescribedAndEveryDefaultIsAllowed() {
        for (Key<?> key : Keys.ALL) {
            assertThat(KeyIndex.isSection(key.section())).as(key.path()).isTrue();
            assertThat(key.type().parse(key.defaultText())).as(key.path()).isInstanceOf(Parsed.Good.class);
            assertThat(key.doc()).as(key.path()).endsWith(".").doesNotContain("|");
        }
    }

    @Test
    void schemaDescribesEveryKeyAndAcceptsWhatTheLoaderAccepts() throws IOException {
        JsonNode root = new ObjectMapper().readTree(ConfigSchema.json());
        assertThat(root.get("$schema").asText()).isEqualTo("https://json-schema.org/draft/2020-12/schema");
        for (Key<?> key : Keys.ALL) {
            JsonNode section = root.at("/properties/" + key.section().replace(".", "/properties/"));
            assertThat(section.get("additionalProperties").asBoolean(true)).isFalse();
            JsonNode schema = section.get("properties").get(key.name());
            assertThat(schema.get("description").asText()).startsWith(key.doc());
            assertThat(schema.get("default").asText()).isEqualTo(key.defaultText());
            for (String value : List.of(key.defaultText(), OTHER_VALUES.get(key.path()))) accepts(schema, value);
        }
    }

    private static void accepts(JsonNode schema, String value) {
        switch (schema.get("type").asText()) {
            case "integer" ->
                assertThat(Integer.parseInt(value))
                        .isBetween(
                                schema.get("minimum").asInt(),
                                schema.get("maximum").asInt());
            case "boolean" -> assertThat(value).isIn("true", "false");
            default -> {
                if (schema.has("pattern")) {
                    Pattern pattern = Pattern.compile(schema.get("pattern").asText());
                    assertThat(value).containsPattern(pattern);
                    assertThat(value + " ").doesNotContainPattern(pattern);
                }
                if (schema.has("enum"))
                    assertThat(schema.get("enum").toString()).contains('"' + value + '"');
            }
        }
    }

    private static void collectFields(String path, Class<?> type, List<String> fields) {
        for (RecordComponent component : type.getRecordComponents()) {
            String name = component.getName().equals("nativeListener") ? "native" : component.getName();
            String child = path.isEmpty() ? name : path + "." + name;
            boolean section =
                    component.getType().isRecord() && component.getType().getEnclosingClass() == Config.class;
            if (section) collectFields(child, component.getType(), fields);
            else fields.add(child);
        }
    }

    private static void holds(Path file, String expected) throws IOException {
        if (Boolean.getBoolean("config.regenerate")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, expected);
        }
        assertThat(Files.readString(file))
                .as("%s follows Keys; regenerate it with -Dconfig.regenerate=true", file.getFileName())
                .isEqualTo(expected);
    }

    /** Valid, distinct from the defaults and from each other, and together within the rules. */
    private static Map<String, String> otherValues() {
        Map<String, String> values = new HashMap<>();
        values.put("node.dataDir", "/var/lib/millrace");
        values.put("listeners.native.bind", "[::1]:17650");
        values.put("listeners.http.bind", "localhost:0");
        values.put("security.insecurePublicBind", "true");
        values.put("storage.generationSize", "11MiB");
        values.put("storage.generationMaxAge", "12m");
        values.put("storage.blockCache", "13MiB");
        values.put("storage.tailCache", "14MiB");
        values.put("storage.eventCache", "15MiB");
        values.put("storage.diskReserve", "0B");
        values.put("storage.retentionCheckInterval", "16s");
        values.put("storage.backgroundJobs", "17");
        values.put("storage.directWrites", "false");
        values.put("storage.backupDirectory", "/mnt/backups");
        values.put("storage.acceptLoss", "true");
        values.put("topics.partitions", "19");
        values.put("topics.retention", "unlimited");
        values.put("topics.retentionBytes", "21GiB");
        values.put("topics.partitionsMax", "22");
        values.put("groups.sessionTimeout", "23s");
        values.put("groups.sessionTimeoutMax", "24s");
        values.put("groups.offsetRetention", "25d");
        values.put("producers.idRetention", "26d");
        values.put("transactions.timeout", "41s");
        values.put("transactions.bytesMax", "18MiB");
        values.put("transactions.openMax", "43");
        values.put("transactions.memory", "44MiB");
        values.put("timers.pendingMax", "45");
        values.put("schemas.compatibility", "full_transitive");
        values.put("schemas.sizeMax", "46KiB");
        values.put("schemas.subjectsMax", "47");
        values.put("schemas.versionsMax", "48");
        values.put("schemas.memory", "49MiB");
        values.put("limits.frameSize", "27MiB");
        values.put("limits.messageSize", "26MiB");
        values.put("limits.connections", "29");
        values.put("limits.inFlightPerConnection", "30MiB");
        values.put("limits.inFlightTotal", "31MiB");
        values.put("limits.idleTimeout", "32m");
        values.put("limits.helloTimeout", "33s");
        values.put("limits.helloBytes", "34KiB");
        values.put("limits.inboxRequests", "35");
        values.put("limits.inboxBytes", "36MiB");
        values.put("limits.httpRequestSize", "37MiB");
        values.put("limits.httpRequestsPerSecond", "1999");
        values.put("shutdown.drainTimeout", "0s");
        values.put("tracing.otlp.endpoint", "http://127.0.0.1:4318/v1/traces");
        values.put("tracing.otlp.headers", "file:/etc/millrace/otlp-headers");
        values.put("tracing.otlp.serviceName", "orders broker");
        values.put("logging.level", "debug");
        values.put("logging.format", "json");
        return values;
    }
}
