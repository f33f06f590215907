package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.server.cli.ProgressBar.Moment;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
    private static final Moment HALF = new Moment(50_000, 10 << 20, 500, 1000, 2_500);

    @Test
    void showsShareLinesBytesAndRates() {
        assertThat(ProgressBar.render(HALF, 100))
                .isEqualTo("[###############...............]  50%  50,000 lines  10.0 MiB  20,000/s  4.0 MiB/s  2.0s");
    }

    @Test
    void theBarGivesWayToTheNumbers() {
        assertThat(ProgressBar.render(HALF, 70))
                .startsWith("[######......]  50%")
                .hasSizeLessThanOrEqualTo(70);
        assertThat(ProgressBar.render(HALF, 60)).startsWith(" 50%  50,000 lines");
        for (int columns = 0; columns < 120; columns++) {
            assertThat(ProgressBar.render(HALF, columns)).hasSizeLessThanOrEqualTo(columns);
        }
    }

    @Test
    void neverClaimsTheEndBeforeIt() {
        assertThat(ProgressBar.render(new Moment(1, 1, 999, 1000, 1), 100)).contains(" 99%");
        assertThat(ProgressBar.render(new Moment(1, 1, 1000, 1000, 1), 100)).contains("100%");
        // A file that grows while it is read.
        assertThat(ProgressBar.render(new Moment(1, 1, 2000, 1000, 1), 100)).contains("100%");
    }

    @Test
    void showsNumbersOnlyWhereTheEndIsUnknown() {
        assertThat(ProgressBar.render(new Moment(3, 30, 30, 0, 1000), 100))
                .isEqualTo("3 lines  30 B  3/s  30 B/s  1.0s");
    }

    @Test
    void startsWithoutRates() {
        assertThat(ProgressBar.render(new Moment(0, 0, 0, 1000, 0), 100)).contains("0 lines  0 B  0/s  0 B/s  0s");
    }
}
