package dev.millrace.core.record;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.record.TraceSearch.Found;
import dev.millrace.core.record.TraceSearch.Page;
import dev.millrace.core.record.TraceSearch.Place;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceSearchTest {
    /** An index refuses such an id, and with it went the whole trace. */
    @ParameterizedTest
    @ValueSource(ints = {0, TraceSearch.ID_CHARS_MAX + 1})
    void aCorrelationThatIsNoIdIsNotAskedFor(int chars) {
        Found record = new Found(
                new Place("orders", 0, 7),
                1,
                null,
                -1,
                List.of(header("$id", "x"), header("$correlation", "c".repeat(chars))));
        List<String> asked = new ArrayList<>();
        TraceSearch search = new TraceSearch(
                (id, from) -> {
                    asked.add(id);
                    return new Page(List.of(record), null);
                },
                10,
                Long.MAX_VALUE);
        assertThat(search.search("x")).containsExactly(record);
        assertThat(asked).containsExactly("x");
    }

    private static RecordHeader header(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
