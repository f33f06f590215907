package dev.millrace.core.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.log.TimeSearch.Found;
import dev.millrace.core.storage.Table;
import dev.millrace.core.time.Units;
import dev.millrace.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Searches by time agree with a look at every record, however timestamps jump, and across restarts. */
class TimeSearchTest {
    private static final int SEEDS = 3;
    private static final int STEPS = 60;
    private static final int VALUE_BYTES = 400_000;

    @Test
    void findsTheFirstRecordNotBeforeATimeInAnyOrder() {
        long first = Seeds.first();
        for (long seed = first; seed < first + Seeds.count(SEEDS); seed++) {
            try {
                new Run(seed).live();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("failed with -Dseed=" + seed, e);
            }
        }
    }

    /** Timestamps mostly rise; some batches come late or early. Every list index is an offset. */
    private static final class Run {
        private final Random random;
        private final List<Long> timestampsMs = new ArrayList<>();

        Run(long seed) {
            random = new Random(seed);
        }

        void live() {
            try (LogWorld world = new LogWorld()) {
                for (int step = 0; step < STEPS; step++) {
                    append(world, 1000L * step);
                    if (random.nextInt(12) == 0) {
                        world.restart();
                    }
                    if (random.nextInt(20) == 0) {
                        world.retain(Units.UNLIMITED, 30L * VALUE_BYTES);
                    }
                }
                assertThat(indexRows(world)).as("rows, or nothing was tested").isGreaterThan(5);
                for (int i = 0; i < 200; i++) {
                    check(world, random.nextInt(1000 * STEPS + 2000) - 1000);
                }
                timestampsMs.forEach(timestampMs -> check(world, timestampMs));
            }
        }

        private void append(LogWorld world, long aroundMs) {
            long jumpMs = random.nextInt(4) == 0 ? random.nextInt(40_000) - 20_000 : 0;
            long[] batch = new long[1 + random.nextInt(4)];
            for (int i = 0; i < batch.length; i++) {
                batch[i] = Math.max(0, aroundMs + jumpMs + random.nextInt(1000));
                timestampsMs.add(batch[i]);
            }
            world.append(VALUE_BYTES, batch);
        }

        private void check(LogWorld world, long timeMs) {
            assertThat(new TimeSearch(world.store, 1 << 20).find(world.log(), timeMs))
                    .as("first at or after %d", timeMs)
                    .isEqualTo(expected((int) world.log().logStartOffset(), timeMs));
        }

        private Optional<Found> expected(int start, long timeMs) {
            for (int offset = start; offset < timestampsMs.size(); offset++) {
                if (timestampsMs.get(offset) >= timeMs) {
                    return Optional.of(new Found(offset, timestampsMs.get(offset)));
                }
            }
            return Optional.empty();
        }

        private static int indexRows(LogWorld world) {
            int[] count = {0};
            world.store.scan(Table.TIME_INDEX, new byte[0], new byte[] {(byte) 0xff}, (key, value) -> ++count[0] > 0);
            return count[0];
        }
    }
}
