package dev.millrace.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {
    @TempDir
    Path dir;

    @Test
    void loadsDefaultsWithoutAnySource() throws Exception {
        Loaded loaded = ConfigLoader.load(Sources.none());
        assertThat(loaded.config()).isEqualTo(ConfigLoader.defaults());
        assertThat(loaded.file()).isEmpty();
        assertThat(loaded.warnings()).isEmpty();
        assertThat(loaded.origin("storage.blockCache")).hasToString("default");
        assertThat(loaded.config().limits().frameSize()).isEqualTo(new DataSize(16 << 20));
        assertThat(loaded.config().topics().retention()).contains(Duration.ofDays(7));
        assertThat(loaded.config().topics().retentionBytes()).isEmpty();
        assertThat(loaded.config().listeners().nativeListener().bind()).isEqualTo(new BindAddress("127.0.0.1", 7650));
    }

    @Test
    void emptyFilesAndEmptySectionsMeanDefaults() throws Exception {
        List<String> texts = List.of(
                "", "\n", "# nothing\n", "---\n", "~\n", "\uFEFF# bom\n", "storage:\n  # all of it\ntopics:\n", "{}\n");
        for (String text : texts) {
            assertThat(load(text).config()).as(text).isEqualTo(ConfigLoader.defaults());
        }
    }

    @Test
    void readsValuesWithTheirPlaces() throws Exception {
        Loaded loaded = load("""
                storage:
                  blockCache: 1GiB
                topics: { partitions: 12, retention: unlimited }
                listeners:
                  native:
                    bind: "[::1]:0"
                """);
        assertThat(loaded.config().storage().blockCache()).isEqualTo(new DataSize(1L << 30));
        assertThat(loaded.config().topics().partitions()).isEqualTo(12);
        assertThat(loaded.config().topics().retention()).isEmpty();
        assertThat(loaded.config().listeners().nativeListener().bind()).isEqualTo(new BindAddress("::1", 0));
        assertThat(loaded.origin("storage.blockCache")).isEqualTo(new Origin.InFile(file().toString(), 2, 15));
        assertThat(loaded.origin("topics.partitions")).isEqualTo(new Origin.InFile(file().toString(), 3, 23));
        assertThat(loaded.file()).contains(file());
    }

    @Test
    void namesTheKeyThatWasMeant() {
        assertThat(only("storage:\n  blokCache: 64MiB\n"))
                .isEqualTo(
                        at(2, 3) + ": storage.blokCache: there is no such key\n    did you mean storage.blockCache?");
        assertThat(only("storge:\n  blockCache: 64MiB\n")).contains(at(1, 1) + ": storge:", "did you mean storage?");
        assertThat(only("logging:\n  levle: info\n")).contains("did you mean logging.level?");
        assertThat(only("blockCache: 64MiB\n")).contains("did you mean storage.blockCache?");
        assertThat(only("storage:\n  block_cache: 64MiB\n")).contains("did you mean storage.blockCache?");
        assertThat(only("limits:\n  retention: 7d\n")).contains("did you mean topics.retention?");
        assertThat(only("topics:\n  replicas: 3\n"))
                .contains("known in topics: partitions, retention, retentionBytes, partitionsMax");
        assertThat(only("storage.blockCache: 64MiB\n")).contains("must not hold dots", "nest it: storage: blockCache:");
        assertThat(only("<<: 3\n")).contains("there is no such key", "known at the top: node, listeners");
    }

    @Test
    void refusesBadUnitsAndSaysWhichWasMeant() {
        assertThat(only("storage:\n  blockCache: 64MB\n"))
                .isEqualTo(
                        at(2, 15) + ": storage.blockCache: \"64MB\" is not written with a known unit; allowed is a size"
                                + " from 1MiB to 1TiB\n    did you mean 64MiB?");
        assertThat(only("storage:\n  blockCache: 64\n")).contains("has no unit", "did you mean 64MiB?");
        assertThat(only("storage:\n  blockCache: 67108864\n")).contains("has no unit", "did you mean 64MiB?");
        assertThat(only("storage:\n  generationMaxAge: 15 min\n")).contains("did you mean 15m?");
        assertThat(only("storage:\n  generationMaxAge: 900\n")).contains("has no unit", "did you mean 900s or 900ms?");
        assertThat(only("storage:\n  blockCache: unlimited\n")).contains("is not a size");
        assertThat(only("topics:\n  retention: forever\n")).contains("is not a duration", "or unlimited");
    }

    @Test
    void refusesWrongTypes() {
        assertThat(only("topics:\n  partitions: many\n")).contains(at(2, 15), "\"many\" is not a whole number");
        assertThat(only("topics:\n  partitions: \"4\"\n")).contains(at(2, 15), "is quoted", "remove the quotes");
        assertThat(only("topics:\n  partitions: 4.0\n")).contains("is not a whole number");
        assertThat(only("topics:\n  partitions: [4]\n")).contains(at(2, 15), "must be one value, not a list");
        assertThat(only("topics:\n  partitions:\n    all: 4\n")).contains("must be one value, not a section");
        assertThat(only("topics:\n  partitions:\n")).contains(at(2, 3), "has no value", "write partitions: 4");
        assertThat(only("topics: 4\n")).contains(at(1, 9), "is a section, not a value");
        assertThat(only("storage:\n  acceptLoss: yes\n")).contains("is not a boolean", "did you mean true?");
        assertThat(only("logging:\n  level: INFO\n")).contains("one of error, warn, info, debug", "did you mean info?");
        assertThat(only("node:\n  dataDir: \"\"\n")).contains("is empty");
        assertThat(only("listeners:\n  http:\n    bind: 7680\n")).contains("did you mean 127.0.0.1:7680?");
        assertThat(only("- storage\n")).contains("must hold keys and values");
    }

    @Test
    void refusesCollectorsThatAreNoHttpUrlsOrTellASecret() {
        assertThat(only("tracing:\n  otlp:\n    endpoint: localhost:4318\n"))
                .contains(
                        at(3, 15) + ": tracing.otlp.endpoint: ", "is not an HTTP URL; allowed is an HTTP URL, or none");
        assertThat(only("tracing:\n  otlp:\n    endpoint: http://a b\n")).contains("is not a URL");
        assertThat(only("tracing:\n  otlp:\n    endpoint: file:///etc/passwd\n"))
                .contains("is not an HTTP URL");
        assertThat(only("tracing:\n  otlp:\n    endpoint: https://me:secret@host/v1/traces\n"))
                .contains("holds a user");
        assertThat(only("tracing:\n  otlp:\n    serviceName: \"\"\n")).contains("is not a name");
    }

    @Test
    void refusesValuesJustOutsideTheRangeAndTakesItsEnds() throws Exception {
        assertThat(only("topics:\n  partitions: 0\n"))
                .contains("\"0\" is too small; allowed is a whole number from 1 to");
        assertThat(only("topics:\n  partitions: 10001\n")).contains("\"10001\" is too large");
        assertThat(only("topics:\n  partitions: 99999999999\n")).contains("is too large");
        assertThat(load("topics:\n  partitions: 1\n").config().topics().partitions())
                .isEqualTo(1);
        assertThat(load("topics:\n  partitions: 10000\n").config().topics().partitions())
                .isEqualTo(10_000);
        assertThat(only("storage:\n  generationSize: 1048575B\n")).contains("is too small");
        assertThat(only("storage:\n  generationSize: 1073741825B\n")).contains("is too large");
        assertThat(load("storage:\n  generationSize: 1048576B\n")
                        .config()
                        .storage()
                        .generationSize())
                .isEqualTo(new DataSize(1 << 20));
        assertThat(only("storage:\n  retentionCheckInterval: 99ms\n")).contains("is too small");
        assertThat(only("storage:\n  diskReserve: 99999999999TiB\n")).contains("is too large");
    }

    @Test
    void reportsAllProblemsOfAllSourcesAtOnceInOrder() throws IOException {
        write("""
                storage:
                  blockCache: 64MB
                  tailCahce: 1GiB
                topics:
                  partitions: 0
                  partitions: 3
                """);
        ConfigException refused = refused(Sources.none()
                .withFile(file())
                .withEnvironment(Map.of("MILLRACE_TOPICS__RETENTION", "soon"))
                .withSets(List.of("limits.connections=-1", "nonsense")));
        assertThat(refused.problems())
                .extracting(problem -> problem.where().toString())
                .containsExactly(
                        at(2, 15),
                        at(3, 3),
                        at(5, 15),
                        at(6, 3),
                        "environment MILLRACE_TOPICS__RETENTION",
                        "--set",
                        "--set");
        assertThat(refused.getMessage()).startsWith("7 problems in the configuration:\n" + at(2, 15));
        assertThat(refused.problems().get(3).message()).isEqualTo("is given twice, first in line 5");
        assertThat(refused.problems().get(2).value()).isEqualTo("0");
    }

    @Test
    void reportsInvalidYamlAsOneProblemWithItsLine() {
        assertThat(only("storage:\n\tblockCache: 64MiB\n")).contains(at(2, 1), "a tab indents this line", "spaces");
        assertThat(only("storage:\n  blockCache: 64MiB\n tailCache: 1GiB\n")).contains(":3:");
        assertThat(only("storage: {blockCache: 64MiB\n")).contains("not valid YAML");
        assertThat(only("storage: 'open\n")).contains("not valid YAML");
        assertThat(only("a: b: c\n")).contains(":1:5: not valid YAML: mapping values are not allowed here");
        assertThat(only("storage:\n  blockCache: \u0007\n")).contains(at(2, 15), "U+0007 is not allowed");
        assertThat(only("---\nstorage:\n---\ntopics:\n")).contains(at(3, 1), "a second YAML document");
        assertThat(only("storage: !!java.net.URL [x]\n")).contains("the tag tag:yaml.org,2002:java.net.URL");
        assertThat(only("? [a, b]\n: 1\n")).contains("a key must be a single word");
    }

    @Test
    void aliasesRepeatSingleValuesOnly() throws Exception {
        Config config = load("topics:\n  retention: &week 7d\nproducers:\n  idRetention: *week\n")
                .config();
        assertThat(config.producers().idRetention()).isEqualTo(Duration.ofDays(7));
        String bomb = "a: &a [x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\n";
        assertThat(only(bomb)).contains(at(2, 8), "the alias *a names no single value");
        assertThat(only("storage: &s\n  more: *s\n")).contains(at(2, 9), "names no single value");
        assertThat(only("storage: *missing\n")).contains("names no single value");
    }

    @Test
    void boundsSizeAndNesting() throws Exception {
        assertThat(only("a: " + "[".repeat(100_000))).contains(":1:", "nested deeper than 16 levels");
        String comment = "#" + "x".repeat(FileSource.BYTES_MAX - 1);
        assertThat(load(comment).config()).isEqualTo(ConfigLoader.defaults());
        assertThat(only(comment + "x")).contains("larger than 1MiB");
        String longKey = "k".repeat(1000) + ": 1\n";
        assertThat(only(longKey)).contains("there is no such key");
    }

    @Test
    void reportsFilesThatCannotBeRead() throws IOException {
        assertThat(problem(Sources.none().withFile(dir.resolve("none.yaml")))).contains("there is no such file");
        assertThat(problem(Sources.none().withFile(dir))).contains("it is a directory");
        Files.write(file(), new byte[] {'a', '\n', 'b', ':', (byte) 0xC3, (byte) 0x28});
        assertThat(problem(Sources.none().withFile(file()))).contains(at(2, 3) + ": the file is not valid UTF-8 here");
    }

    @Test
    void findsTheFileByOptionThenVariableThenDistribution() throws Exception {
        Path home = dir.resolve("home");
        Path shipped = Files.createDirectories(home.resolve("config")).resolve("millrace.yaml");
        Path named = dir.resolve("named.yaml");
        Files.writeString(shipped, "topics: {partitions: 1}");
        Files.writeString(named, "topics: {partitions: 2}");
        write("topics: {partitions: 3}");
        Map<String, String> both = Map.of("MILLRACE_HOME", home.toString(), "MILLRACE_CONFIG", named.toString());
        Map<String, String> homeOnly = Map.of("MILLRACE_HOME", home.toString());
        Map<String, String> elsewhere = Map.of("MILLRACE_HOME", dir.toString());
        assertThat(partitions(Sources.none().withEnvironment(both).withFile(file())))
                .isEqualTo(3);
        assertThat(partitions(Sources.none().withEnvironment(both))).isEqualTo(2);
        assertThat(partitions(Sources.none().withEnvironment(homeOnly))).isEqualTo(1);
        assertThat(partitions(Sources.none().withEnvironment(elsewhere))).isEqualTo(4);
        Map<String, String> missing =
                Map.of("MILLRACE_CONFIG", dir.resolve("gone.yaml").toString());
        assertThat(problem(Sources.none().withEnvironment(missing)))
                .contains("there is no such file", "check the path that MILLRACE_CONFIG gives");
    }

    @Test
    void laterSourcesWin() throws Exception {
        write(
                "node: {dataDir: from-file}\ntopics: {partitions: 2, partitionsMax: 2000}\nstorage: {backgroundJobs: 2}\n");
        Loaded loaded = ConfigLoader.load(Sources.none()
                .withFile(file())
                .withEnvironment(Map.of(
                        "MILLRACE_NODE__DATADIR", "from-env",
                        "MILLRACE_TOPICS__PARTITIONS", "3",
                        "MILLRACE_TOPICS__partitionsMax", "3000"))
                .withSets(List.of("topics.partitions=4", "topics.partitions=5", "node.dataDir=from-set"))
                .withDataDir("from-data"));
        assertThat(loaded.config().node().dataDir()).isEqualTo(Path.of("from-data"));
        assertThat(loaded.origin("node.dataDir")).hasToString("--data");
        assertThat(loaded.config().topics().partitions()).isEqualTo(5);
        assertThat(loaded.origin("topics.partitions")).hasToString("--set");
        assertThat(loaded.config().topics().partitionsMax()).isEqualTo(3000);
        assertThat(loaded.origin("topics.partitionsMax")).hasToString("environment MILLRACE_TOPICS__partitionsMax");
        assertThat(loaded.config().storage().backgroundJobs()).isEqualTo(2);
        assertThat(loaded.origin("storage.backgroundJobs").toString()).startsWith(file().toString());
    }

    @Test
    void unknownVariablesAreProblemsAndOthersVariablesAreNot() throws Exception {
        assertThat(environmentProblem("MILLRACE_STORAGE_BLOCKCACHE"))
                .isEqualTo("environment MILLRACE_STORAGE_BLOCKCACHE: no key has this variable\n"
                        + "    did you mean MILLRACE_STORAGE__BLOCKCACHE?");
        assertThat(environmentProblem("MILLRACE_STORAGE__BLOCK_CACHE")).contains("MILLRACE_STORAGE__BLOCKCACHE?");
        assertThat(environmentProblem("MILLRACE_XYZ")).contains("no key has this variable", "config show");
        assertThat(environmentProblem("MILLRACE_PORT")).contains("no key has this variable");
        assertThat(environmentProblem("MILLRACE_")).contains("no key has this variable");
        Map<String, String> others = Map.of(
                "MILLRACE_SERVER", "x",
                "MILLRACE_JAVA_OPTS", "x",
                "MILLRACE_CACHE_DIR", "x",
                "MILLRACE_OPTS", "x",
                "MILLRACE_SERVICE_HOST", "10.0.0.1",
                "MILLRACE_SERVICE_PORT_NATIVE", "7650",
                "MILLRACE_PORT", "tcp://10.0.0.1:7650",
                "MILLRACE_PORT_7650_TCP_ADDR", "10.0.0.1",
                "MILLRACES", "x",
                "PATH", "x");
        assertThat(ConfigLoader.load(Sources.none().withEnvironment(others)).config())
                .isEqualTo(ConfigLoader.defaults());
        Map<String, String> twice = Map.of("MILLRACE_TOPICS__PARTITIONS", "3", "MILLRACE_TOPICS__partitions", "4");
        assertThat(problem(Sources.none().withEnvironment(twice))).contains("is given twice, also as");
    }

    @Test
    void refusesSetsThatAreNone() {
        assertThat(setProblem("topics.partitions")).contains("is not of the form key=value");
        assertThat(setProblem("=4")).contains("is not of the form key=value");
        assertThat(setProblem("topics.partitons=4"))
                .contains("--set: topics.partitons", "did you mean topics.partitions?");
        assertThat(setProblem("topics=4")).contains("there is no such key");
        assertThat(setProblem("topics.partitions=")).contains("is not a whole number");
    }

    @Test
    void refusesPublicBindsUnlessTheRiskIsAccepted() throws Exception {
        String text = "listeners:\n  http:\n    bind: 0.0.0.0:7680\n";
        assertThat(only(text))
                .contains(at(3, 11), "\"0.0.0.0:7680\" can be reached from other machines", "127.0.0.1:7680")
                .contains("security.insecurePublicBind: true");
        assertThat(only(text.replace("0.0.0.0", "broker.example.org"))).contains("can be reached");
        Loaded accepted = load(text + "security:\n  insecurePublicBind: true\n");
        assertThat(accepted.warnings()).singleElement().asString().contains("listeners.http.bind 0.0.0.0:7680 is open");
        for (String loopback : List.of("127.1.2.3", "localhost", "\"[::1]\"")) {
            String bind = loopback.startsWith("\"") ? "\"[::1]:7680\"" : loopback + ":7680";
            assertThat(load(text.replace("0.0.0.0:7680", bind)).warnings()).isEmpty();
        }
    }

    @Test
    void refusesValuesThatContradictEachOther() throws Exception {
        assertThat(only("limits:\n  messageSize: 16MiB\n"))
                .isEqualTo(at(2, 16) + ": limits.messageSize: 16MiB must be below limits.frameSize, which is 16MiB"
                        + " (default)\n    change limits.messageSize or limits.frameSize");
        assertThat(load("limits:\n  messageSize: 16777215B\n").config().limits().messageSize())
                .hasToString("16777215B");
        assertThat(only("limits:\n  frameSize: 8MiB\n")).contains(at(2, 14), "limits.messageSize: 8MiB must be below");
        assertThat(only("groups:\n  sessionTimeout: 6m\n")).contains("must be at most groups.sessionTimeoutMax");
        assertThat(only("topics:\n  partitionsMax: 3\n")).contains("topics.partitions: 4 must be at most");
        assertThat(only("limits:\n  frameSize: 48MiB\n")).contains("at most limits.inFlightPerConnection");
        assertThat(only("listeners:\n  http:\n    bind: 127.0.0.1:7650\n")).contains("must differ in its port");
        assertThat(load("listeners: {http: {bind: 127.0.0.1:0}, native: {bind: 127.0.0.1:0}}")
                        .warnings())
                .isEmpty();
        // A refused value must not also break the rules that its default would break.
        assertThat(only("limits:\n  frameSize: 9\n  messageSize: 20MiB\n")).contains("has no unit");
    }

    @Test
    void warnsThatLossIsAccepted() throws Exception {
        assertThat(load("storage:\n  acceptLoss: true\n").warnings())
                .singleElement()
                .asString()
                .contains("storage.acceptLoss");
    }

    @Test
    void problemsHoldNoControlCharactersAndNoLongValues() {
        assertThat(only("logging:\n  level: \"\\e[31m" + "x".repeat(5000) + "\"\n"))
                .doesNotContain("\u001b")
                .hasSizeLessThan(500);
    }

    /** Whatever the bytes are, the answer is a configuration or problems with places; nothing else is thrown. */
    @Test
    void anyMutationOfTheFileIsAnswered() throws Exception {
        long seed = Seeds.first();
        SplittableRandom random = new SplittableRandom(seed);
        byte[] original = Files.readAllBytes(Path.of("../config/millrace.yaml"));
        String spice = "\t\n :{}[]&*!|>'\"%@`#,?-~<=\0\u0007";
        for (int round = 0; round < 500; round++) {
            byte[] bytes = original.clone();
            for (int i = random.nextInt(1, 6); i > 0; i--) {
                int spot = random.nextInt(bytes.length);
                bytes[spot] = random.nextBoolean()
                        ? (byte) spice.charAt(random.nextInt(spice.length()))
                        : (byte) random.nextInt(256);
            }
            Files.write(file(), bytes);
            try {
                ConfigLoader.load(Sources.none().withFile(file()));
            } catch (ConfigException refused) {
                assertThat(refused.problems()).as("seed=" + seed).isNotEmpty();
            } catch (RuntimeException | Error crash) {
                throw new AssertionError("seed=" + seed + " round=" + round, crash);
            }
        }
    }

    private int partitions(Sources sources) throws ConfigException {
        return ConfigLoader.load(sources).config().topics().partitions();
    }

    private Loaded load(String text) throws Exception {
        write(text);
        return ConfigLoader.load(Sources.none().withFile(file()));
    }

    /** The one problem of a file with this text. */
    private String only(String text) {
        try {
            write(text);
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
        return problem(Sources.none().withFile(file()));
    }

    private String environmentProblem(String variable) {
        return problem(Sources.none().withEnvironment(Map.of(variable, "x")));
    }

    private String setProblem(String set) {
        return problem(new Sources(Optional.empty(), Map.of(), List.of(set), Optional.empty()));
    }

    private static String problem(Sources sources) {
        ConfigException refused = refused(sources);
        assertThat(refused.problems()).as(refused.getMessage()).hasSize(1);
        return refused.problems().get(0).toString();
    }

    private static ConfigException refused(Sources sources) {
        ConfigException refused = catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(sources));
        assertThat(refused).as("must be refused").isNotNull();
        return refused;
    }

    private String at(int line, int column) {
        return file() + ":" + line + ":" + column;
    }

    private void write(String text) throws IOException {
        Files.writeString(file(), text);
    }

    private Path file() {
        return dir.resolve("millrace.yaml");
    }
}
