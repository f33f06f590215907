package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.server.testing.EmbeddedMillrace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamCommandTest {
    @TempDir
    Path data;

    /** Started by the first command that speaks to it. */
    private EmbeddedMillrace broker;

    @AfterEach
    void close() {
        if (broker != null) broker.close();
    }

    private Ran ok(String... args) {
        Ran ran = run(args);
        assertThat(ran.exit()).as("%s\n%s", List.of(args), ran.err()).isZero();
        return ran;
    }

    private Ran run(String... args) {
        if (broker == null) {
            broker = EmbeddedMillrace.start(data);
            ok("topic", "create", "seats", "--partitions", "1", "--set", "stream.index=key+tags");
        }
        return new Ran.Setup().server(broker.address()).run(args);
    }

    private void refused(Ran ran, String fault, String... words) {
        assertThat(ran.exit()).as(ran.out()).isEqualTo(1);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).startsWith("error: ").contains(words).contains("[" + fault + "]");
    }

    // ---- appending

    @Test
    void anAppendFailsIfATagIsThereAndSaysWhere() {
        ok("stream", "append", "seats", "row-1", "open");
        ok("stream", "append", "seats", "row-1", "taken", "--tag", "seat:1", "--fail-if-tag", "seat:1");
        refused(
                run("stream", "append", "seats", "row-2", "taken", "--tag", "seat:1", "--fail-if-tag", "seat:1"),
                "CONDITION_FAILED",
                "the condition failIfMatch does not hold in seats/0: there is an event with seat:1, at offset 1",
                "decide anew");
        refused(
                run("stream", "append", "seats", "row-2", "x", "--fail-if-tag", "seat:1", "--after", "0"),
                "CONDITION_FAILED",
                "after offset 0 there is an event with seat:1, at offset 1");
        ok("stream", "append", "seats", "row-1", "again", "--fail-if-tag", "seat:1", "--after", "1");
        ok("stream", "append", "seats", "row-1", "both", "--fail-if-tag", "seat:1", "--fail-if-tag", "seat:2");
        assertThat(ok("stream", "read", "seats", "row-1").lines()).hasSize(4);
        refused(run("stream", "read", "seats", "row-2"), "STREAM_NOT_FOUND", "holds no event");
    }

    @Test
    void theExpectedVersionIsAskedForWithTheTag() {
        ok("stream", "append", "seats", "row-1", "open", "--tag", "seat:1");
        refused(
                run("stream", "append", "seats", "row-1", "x", "--expect", "none", "--fail-if-tag", "seat:2"),
                "WRONG_EXPECTED_VERSION",
                "stream \"row-1\" of topic seats: expected none, but its last version is 0");
        ok("topic", "create", "keys", "--partitions", "1", "--set", "stream.index=key");
        refused(
                run("stream", "append", "keys", "a", "x", "--fail-if-tag", "t"),
                "INDEX_DISABLED",
                "no index of tags and types");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "stream append t k v --after 3 | --after needs --fail-if-tag",
                "stream append t k v --fail-if-tag x --after -1 | --after -1 is less than 0",
                "stream append t k v --expect later | --expect: \"later\" is no expectation",
                "stream read t k --max 0 | --max 0 is less than 1",
                "stream read t k --from -1 | --from -1 is less than 0",
                "stream latest t --as-of noon | --as-of: \"noon\" is no time",
                "stream list t --max 0 | --max 0 is less than 1",
                "stream truncate t k | nothing to change. Give --before, --max-count or --max-age",
                "stream delete t k | deleting a stream needs --yes",
                "stream delete t k --yes --expect later | --expect: \"later\" is no expectation",
                "stream erase t k --from 3 --to 2 --yes | versions 3 to 2 are none",
                "sub t --type A --group g | go with neither --group nor --partition",
                "sub t --key-prefix a --partition 0 | go with neither --group nor --partition",
            })
    void saysWhatIsWrong(String line, String message) {
        Ran ran = Ran.run(line.split(" "));
        assertThat(ran.exit()).isEqualTo(2);
        assertThat(ran.err()).startsWith("error: ").contains(message);
    }

    // ---- looking after streams

    @Test
    void describeShowsWhatAStreamKeepsAndWhatBecameOfIt() throws Exception {
        for (String value : List.of("a", "b", "c")) {
            ok("stream", "append", "seats", "row-1", value, "--time", "1000");
        }
        assertThat(ok("stream", "describe", "seats", "row-1").lines())
                .containsExactly(
                        "stream:    row-1 of seats, partition 0",
                        "state:     live",
                        "versions:  0 to 2, the last of 1970-01-01T00:16:40Z",
                        "keeps:     all events",
                        "erased:    nothing");
        ok("stream", "truncate", "seats", "row-1", "--before", "1", "--max-count", "2", "--max-age", "1d");
        JsonNode info = new ObjectMapper()
                .readTree(
                        ok("stream", "describe", "seats", "row-1", "-o", "json").out());
        assertThat(info.get("key").asText()).isEqualTo("row-1");
        assertThat(info.get("state").asText()).isEqualTo("live");
        assertThat(info.get("lastVersion").asLong()).isEqualTo(2);
        assertThat(info.get("maxCount").asLong()).isEqualTo(2);
        assertThat(info.get("maxAgeMs").asLong()).isEqualTo(86_400_000);
        refused(run("stream", "describe", "seats", "nobody"), "STREAM_NOT_FOUND", "\"nobody\"");
    }

    @Test
    void aStreamThatIsDeletedForGoodIsNeverAppendedToAgain() {
        ok("stream", "append", "seats", "row-1", "open");
        ok("stream", "append", "seats", "row-2", "open");
        refused(
                run("stream", "delete", "seats", "row-1", "--for-good", "--yes", "--expect", "7"),
                "WRONG_EXPECTED_VERSION",
                "row-1",
                "7");
        assertThat(ok("stream", "delete", "seats", "row-1", "--for-good", "--yes", "--expect", "0")
                        .out())
                .contains("state:     tombstoned");
        refused(run("stream", "append", "seats", "row-1", "again"), "STREAM_TOMBSTONED", "row-1");
        refused(run("stream", "read", "seats", "row-1"), "STREAM_TOMBSTONED", "row-1");
        assertThat(ok("stream", "describe", "seats", "row-1").out()).contains("state:     tombstoned");
        assertThat(ok("stream", "delete", "seats", "row-2", "--yes").out()).contains("state:     deleted");
        ok("stream", "append", "seats", "row-2", "again", "--expect", "none");
    }

    // ---- following

    @Test
    void subFiltersByTypeTagAndKeyInTheBroker() {
        ok("stream", "append", "seats", "row-1", "1", "--type", "Opened");
        ok("stream", "append", "seats", "row-1", "2", "--type", "Taken", "--tag", "seat:1", "--tag", "show:9");
        ok("stream", "append", "seats", "row-1", "3", "--type", "Left", "--tag", "seat:1");
        ok("stream", "append", "seats", "box-1", "4", "--type", "Taken", "--tag", "seat:1");
        assertThat(sub("--type", "Taken", "--type", "Left", "--max", "3")).containsExactly("2", "3", "4");
        assertThat(sub("--tag", "seat:1", "--tag", "show:9", "--max", "1")).containsExactly("2");
        assertThat(sub("--type", "Taken", "--key-prefix", "row-", "--idle-exit", "1s"))
                .containsExactly("2");
        assertThat(sub("--key-prefix", "row-", "--max", "2")).containsExactly("1", "2");
        Ran json = ok("sub", "seats", "--from", "3", "--type", "Taken", "--max", "1");
        assertThat(json.lines()).hasSize(1);
        assertThat(json.out()).contains("\"offset\":3", "\"key\":\"box-1\"", "\"$type\":\"Taken\"", "\"value\":\"4\"");
    }

    private List<String> sub(String... options) {
        List<String> args = new ArrayList<>(List.of("sub", "seats", "--from", "earliest", "--format", "value"));
        args.addAll(List.of(options));
        return ok(args.toArray(String[]::new)).lines();
    }

    @Test
    void aFilterThatTheBrokerRefusesIsTold() {
        refused(
                run("sub", "seats", "--tag", "t".repeat(257), "--max", "1"),
                "INVALID_REQUEST",
                "a tag of 257 bytes; a tag has 1 to 256");
        refused(run("sub", "nowhere", "--type", "A", "--max", "1"), "TOPIC_NOT_FOUND", "nowhere");
    }
}
