package dev.millrace.core.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.storage.StoreException;
import dev.millrace.core.time.Units;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RetentionTest {
    private static final long HOUR_MS = 3_600_000;

    private final LogWorld world = new LogWorld();

    @AfterEach
    void close() throws StoreException {
        world.close();
    }

    @Test
    void recordsStayForTheRetentionSinceTheirAppendWhateverTheirTimestamps() {
        world.retain(HOUR_MS, Units.UNLIMITED);
        world.append(10, 0);
        world.nowMs += HOUR_MS / 2;
        world.append(10, world.nowMs + 1000 * HOUR_MS);
        world.nowMs += HOUR_MS / 2;
        world.retain(HOUR_MS, Units.UNLIMITED);
        assertThat(world.log().logStartOffset()).as("exactly an hour old").isZero();
        world.nowMs++;
        world.retain(HOUR_MS, Units.UNLIMITED);
        assertThat(world.log().logStartOffset()).as("a millisecond more").isEqualTo(1);
        world.nowMs += HOUR_MS / 2;
        world.retain(HOUR_MS, Units.UNLIMITED);
        assertThat(world.log().logStartOffset())
                .as("a time in the future keeps nothing")
                .isEqualTo(2);
        world.append(10, 0);
        assertThat(world.log().endOffset()).as("offsets go on").isEqualTo(3);
    }

    @Test
    void aSegmentEndsAtAnEighthOfTheRetention() {
        world.retain(8 * HOUR_MS, Units.UNLIMITED);
        world.append(10, 0);
        world.nowMs += HOUR_MS - 1;
        world.append(10, 0);
        assertThat(world.log().segments().all()).hasSize(1);
        world.nowMs++;
        world.append(10, 0);
        assertThat(world.log().segments().all()).hasSize(2);
    }

    @Test
    void bytesBeyondTheRetentionGoInStepsOfAnEighth() {
        int retentionBytes = 80_000;
        world.retain(Units.UNLIMITED, retentionBytes);
        for (int i = 0; i < 200; i++) {
            world.append(1000, 0);
            world.retain(Units.UNLIMITED, retentionBytes);
            if (i >= 90) {
                assertThat(world.log().bytes()).isBetween((long) retentionBytes, retentionBytes * 9L / 8 + 2000);
            }
        }
        assertThat(world.log().logStartOffset()).isPositive();
    }

    @Test
    void whatRetentionRemovedStaysRemovedAfterACrash() {
        world.retain(HOUR_MS, Units.UNLIMITED);
        world.append(10, 0);
        world.nowMs += 2 * HOUR_MS;
        world.retain(HOUR_MS, Units.UNLIMITED);
        world.restart();
        assertThat(world.log().logStartOffset()).isEqualTo(1);
        assertThat(world.log().endOffset()).isEqualTo(1);
    }

    @Test
    void unlimitedRetentionKeepsEverything() {
        world.append(10, 0);
        world.nowMs += 100_000 * HOUR_MS;
        world.retain(Units.UNLIMITED, Units.UNLIMITED);
        assertThat(world.log().logStartOffset()).isZero();
    }
}
