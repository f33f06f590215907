package dev.millrace.server.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.wire.StreamFrames.Checkpoint;
import org.junit.jupiter.api.Test;

class FilteringTest {
    private static final byte NONE = 0;
    private static final byte CAUGHT_UP = 1;
    private static final byte FELL_BEHIND = 2;
    private static final long SECOND = Filtering.INTERVAL_NANOS;

    private final Filtering filtering = new Filtering(batches -> null, 0);

    @Test
    void tellsAfterAThousandRecordsThatWerePassedOver() {
        assertThat(filtering.afterRead(600, 600, 5000, 1)).isNull();
        assertThat(filtering.afterRead(399, 999, 5000, 2)).isNull();
        assertThat(filtering.afterRead(1, 1000, 5000, 3)).isEqualTo(new Checkpoint(NONE, 1000, 5000));
        assertThat(filtering.afterRead(999, 1999, 5000, 4)).isNull();
    }

    @Test
    void tellsAfterASecondWhereAnythingWasPassedOver() {
        assertThat(filtering.afterRead(1, 1, 5000, SECOND - 1)).isNull();
        assertThat(filtering.dueInNanos(SECOND - 1)).isEqualTo(1);
        assertThat(filtering.afterRead(0, 2, 5000, SECOND)).isEqualTo(new Checkpoint(NONE, 2, 5000));
        assertThat(filtering.afterRead(0, 3, 5000, 9 * SECOND)).isNull();
        assertThat(filtering.dueInNanos(9 * SECOND)).isEqualTo(-1);
    }

    @Test
    void tellsOnceThatItHasCaughtUpAndThenWhatWasPassedOverAtTheEnd() {
        assertThat(filtering.atEnd(10, 1)).isEqualTo(new Checkpoint(CAUGHT_UP, 10, 10));
        assertThat(filtering.atEnd(10, 2)).isNull();
        assertThat(filtering.afterRead(5, 15, 15, 3)).isNull();
        assertThat(filtering.atEnd(15, 4)).isNull();
        assertThat(filtering.dueInNanos(4)).isEqualTo(SECOND - 3);
        assertThat(filtering.atEnd(15, SECOND + 1)).isEqualTo(new Checkpoint(NONE, 15, 15));
    }

    @Test
    void tellsThatItFellBehindAndCaughtUpAgain() {
        filtering.atEnd(10, 1);
        assertThat(filtering.afterRead(0, 20, 20 + Filtering.BEHIND_MIN - 1, 2)).isNull();
        assertThat(filtering.afterRead(0, 30, 30 + Filtering.BEHIND_MIN, 3))
                .isEqualTo(new Checkpoint(FELL_BEHIND, 30, 30 + Filtering.BEHIND_MIN));
        assertThat(filtering.afterRead(0, 40, 5000, 4)).isNull();
        assertThat(filtering.atEnd(5000, 5)).isEqualTo(new Checkpoint(CAUGHT_UP, 5000, 5000));
    }
}
