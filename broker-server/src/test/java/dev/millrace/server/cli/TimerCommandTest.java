package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.server.testing.EmbeddedMillrace;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimerCommandTest {
    @TempDir
    Path data;

    private static Ran ok(EmbeddedMillrace broker, String... args) {
        Ran ran = run(broker, args);
        assertThat(ran.exit()).as(ran.err()).isZero();
        return ran;
    }

    private static Ran run(EmbeddedMillrace broker, String... args) {
        return new Ran.Setup().server(broker.address()).run(args);
    }

    @Test
    void messagesAreScheduledListedCancelledAndDelivered() throws Exception {
        Instant tomorrow = Instant.now().plusSeconds(86_400).truncatedTo(ChronoUnit.MILLIS);
        String later = tomorrow.plusSeconds(60).toString();
        try (EmbeddedMillrace broker = EmbeddedMillrace.start(data)) {
            ok(broker, "topic", "create", "t", "--partitions", "1");
            assertThat(ok(broker, "pub", "t", "soon", "--delay", "50ms").out())
                    .isEqualTo("scheduled for t, partition 0\n");
            ok(broker, "pub", "t", "first", "--delay", "1h", "--timer-key", "o-17");
            ok(broker, "pub", "t", "second", "--at", tomorrow.toString(), "--timer-key", "o-17");
            ok(broker, "pub", "t", "third", "--at", later);
            assertThat(ok(broker, "sub", "t", "--from", "earliest", "--max", "1")
                            .out())
                    .contains("soon");
            JsonNode listed = new ObjectMapper()
                    .readTree(ok(broker, "timer", "list", "t", "-o", "json").out());
            assertThat(listed).hasSize(2);
            assertThat(listed.get(0).get("key").asText()).isEqualTo("o-17");
            assertThat(Instant.ofEpochMilli(listed.get(0).get("due").asLong())).isEqualTo(tomorrow);
            assertThat(ok(broker, "timer", "list").lines()).hasSize(3);
            assertThat(ok(broker, "timer", "cancel", "t", "o-17").out()).isEqualTo("cancelled\n");
            Ran again = run(broker, "timer", "cancel", "t", "o-17");
            assertThat(again.exit()).isEqualTo(1);
            assertThat(again.err()).contains("no such message of topic t waits");
            String sequence = listed.get(1).get("sequence").asText();
            ok(broker, "timer", "cancel", "t", "--due", later, "--sequence", sequence);
            assertThat(new ObjectMapper()
                            .readTree(ok(broker, "timer", "list", "-o", "json").out()))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pub a v --delay 1h --at 2100-01-01T00:00:00Z | --delay and --at exclude each other",
                "pub a v --timer-key k | --timer-key needs --delay or --at",
                "pub a v --delay soon | --delay: \"soon\" is not a duration",
                "pub a v --delay unlimited | cannot wait for ever",
                "pub a v --at noon | \"noon\" is no time",
                "timer | a command is missing; there are: list",
                "timer list --max 0 | --max 0 is less than 1",
                "timer cancel a | give either KEY, or --due and --sequence",
                "timer cancel a k --due 1 --sequence 2 | give either KEY, or --due and --sequence",
                "timer cancel a --due 1 | give either KEY, or --due and --sequence",
            })
    void saysWhatIsWrong(String line, String message) {
        Ran ran = Ran.run(line.split(" "));
        assertThat(ran.exit()).isEqualTo(2);
        assertThat(ran.err()).startsWith("error: ").contains(message);
    }
}
