package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.StartFrom;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimesTest {
    private static final long NOW_MS = 1_700_000_000_000L;

    @ParameterizedTest
    @CsvSource({
        "1312242084, 1312242084000",
        "1312242084.25, 1312242084250",
        "1312242084123, 1312242084123",
        "0, 0",
        // The last second that is read as seconds, the first number that is read as milliseconds.
        "99999999999, 99999999999000",
        "100000000000, 100000000000",
        "99999999999999, 99999999999999",
    })
    void tellsSecondsFromMillisecondsBySize(String text, long expectedMs) {
        assertThat(Times.parseMs(text, NOW_MS)).isEqualTo(expectedMs);
    }

    @ParameterizedTest
    @CsvSource({
        "1970-01-01T00:00:00Z, 0",
        "2011-08-01T23:41:24Z, 1312242084000",
        "2011-08-02T01:41:24.5+02:00, 1312242084500",
    })
    void readsRfc3339(String text, long expectedMs) {
        assertThat(Times.parseMs(text, NOW_MS)).isEqualTo(expectedMs);
    }

    @Test
    void countsBackFromNow() {
        assertThat(Times.parseMs("-1h", NOW_MS)).isEqualTo(NOW_MS - 3_600_000);
        assertThat(Times.parseMs("-250ms", NOW_MS)).isEqualTo(NOW_MS - 250);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "yesterday",
                "-1",
                "-",
                "-unlimited",
                "1e9",
                "2024-10-25",
                "2024-10-25T14:03:00",
                "1969-12-31T23:59:59Z",
                "100000000000000",
                "1312242084123456"
            })
    void refusesWhatIsNoTime(String text) {
        assertThatThrownBy(() -> Times.parseMs(text, NOW_MS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + text + "\"");
    }

    @Test
    void asksAboutMicroseconds() {
        assertThatThrownBy(() -> Times.parseMs("1312242084123456", NOW_MS)).hasMessageContaining("microseconds?");
    }

    @Test
    void readsPositions() {
        assertThat(Times.parseStart("earliest")).isEqualTo(StartFrom.earliest());
        assertThat(Times.parseStart("LATEST")).isEqualTo(StartFrom.latest());
        assertThat(Times.parseStart("-90m")).isEqualTo(StartFrom.ago(Duration.ofMinutes(90)));
        assertThat(Times.parseStart("2011-08-01T23:41:24Z"))
                .isEqualTo(StartFrom.time(Instant.ofEpochSecond(1312242084)));
    }

    /** A log may hold more than a billion messages, so the size of a number cannot tell a time from an offset. */
    @Test
    void aPlainNumberIsAnOffsetAndATimeIsMarked() {
        assertThat(Times.parseStart("4711")).isEqualTo(StartFrom.offset(4711));
        assertThat(Times.parseStart("1312242084")).isEqualTo(StartFrom.offset(1312242084));
        assertThat(Times.parseStart("@1312242084")).isEqualTo(StartFrom.time(Instant.ofEpochSecond(1312242084)));
        assertThat(Times.parseStart("@1312242084123")).isEqualTo(StartFrom.time(Instant.ofEpochMilli(1312242084123L)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "first", "-1", "@", "@-1h", "4711.5", "99999999999999999999"})
    void refusesWhatIsNoPosition(String text) {
        assertThatThrownBy(() -> Times.parseStart(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
