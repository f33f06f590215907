package dev.millrace.core.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
    private static final String VALID = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    @Test
    void readsWhatItWrites() {
        TraceParent read = TraceParent.parse(VALID);
        assertThat(read).isEqualTo(new TraceParent("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", 1));
        assertThat(read).hasToString(VALID);
    }

    @Test
    void theNextIsInTheSameTraceWithASpanIdThatIsNeverZero() {
        long[] drawn = {0, 0, 255};
        int[] next = {0};
        TraceParent after = TraceParent.parse(VALID).next(() -> drawn[next[0]++]);
        assertThat(after).hasToString("00-4bf92f3577b34da6a3ce929d0e0e4736-00000000000000ff-01");
    }

    /** As Trace Context asks: read what is known, and hand on as version 00. */
    @Test
    void aLaterVersionIsReadAsFarAsItIsKnown() {
        TraceParent read = TraceParent.parse("cc" + VALID.substring(2, 53) + "ff-more");
        assertThat(read.next(() -> 1)).hasToString("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000001-03");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01"
            })
    void whatIsMalformedIsNone(String text) {
        assertThat(TraceParent.parse(text)).isNull();
    }

    @Test
    void anyTextIsReadWithoutAnError() {
        Random random = new Random(7);
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder(VALID);
            for (int change = random.nextInt(4); change >= 0; change--) {
                text.setCharAt(random.nextInt(text.length()), (char) random.nextInt(300));
            }
            text.setLength(random.nextInt(text.length() + 1));
            TraceParent read = TraceParent.parse(text.toString());
            assertThat(read == null || read.toString().length() == VALID.length())
                    .isTrue();
        }
        assertThat(TraceParent.parse(null)).isNull();
    }
}
