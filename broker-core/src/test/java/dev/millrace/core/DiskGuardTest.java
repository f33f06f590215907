package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.storage.Ballast;
import dev.millrace.core.storage.DiskSpace;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.time.TimeSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Publishes stop before the disk is full, however it fills, and go on when there is room. */
class DiskGuardTest {
    private static final long RESERVE = 1600;
    private static final long BALLAST = 640;

    @TempDir
    Path directory;

    private long usableBytes = 100_000;
    private long owedBytes;
    private long nanos;
    private int looks;
    private boolean unknown;
    private Ballast ballast;
    private DiskGuard guard;

    private final DiskSpace space = new DiskSpace() {
        @Override
        public long usableBytes() {
            looks++;
            if (unknown) {
                throw new StoreException(StoreException.Kind.IO, "gone");
            }
            return usableBytes;
        }

        @Override
        public long totalBytes() {
            return 1 << 20;
        }
    };

    private final TimeSource time = new TimeSource() {
        @Override
        public long nowMs() {
            return 0;
        }

        @Override
        public long nanoTime() {
            return nanos;
        }
    };

    @BeforeEach
    void look() {
        ballast = new Ballast(directory, BALLAST);
        guard = new DiskGuard(space, RESERVE, () -> owedBytes, ballast, time);
        guard.look();
        looks = 0;
    }

    private void assertRefused() {
        assertThatThrownBy(() -> guard.admit(1))
                .isInstanceOfSatisfying(
                        FaultException.class, e -> assertThat(e.fault()).isEqualTo(Fault.DISK_FULL));
        assertThat(guard.status()).isInstanceOf(BrokerStatus.DiskFull.class);
    }

    private void assertAdmitted() {
        assertThatCode(() -> guard.admit(1)).doesNotThrowAnyException();
        assertThat(guard.status()).isInstanceOf(BrokerStatus.Serving.class);
    }

    private void passMs(long ms) {
        nanos += TimeUnit.MILLISECONDS.toNanos(ms);
    }

    @Test
    void refusesBelowTheReserveAndNotAtIt() {
        usableBytes = RESERVE;
        passMs(20);
        assertAdmitted();
        usableBytes = RESERVE - 1;
        passMs(20);
        assertRefused();
    }

    @Test
    void resumesWithASixteenthMoreThanTheReserve() {
        usableBytes = RESERVE - 1;
        passMs(20);
        assertRefused();
        usableBytes = RESERVE + RESERVE / 16 - 1;
        passMs(20);
        assertRefused();
        usableBytes = RESERVE + RESERVE / 16;
        passMs(20);
        assertAdmitted();
    }

    @Test
    void looksAgainWhenWhatItAdmittedMayHaveUsedUpTheRoom() {
        usableBytes = RESERVE + 200;
        guard.look();
        looks = 0;
        guard.admit(60);
        guard.admit(40);
        assertThat(looks).as("100 bytes, written twice, are still in the room").isZero();
        usableBytes = RESERVE - 1;
        assertRefused();
        assertThat(looks).isEqualTo(1);
    }

    @Test
    void looksAgainWhenTheLastLookIsTwentyMillisecondsOld() {
        usableBytes = 0;
        passMs(19);
        assertAdmitted();
        passMs(1);
        assertRefused();
    }

    @Test
    void countsWhatIsNotYetFlushedAsTaken() {
        usableBytes = RESERVE + 500;
        owedBytes = 500;
        passMs(20);
        assertAdmitted();
        owedBytes = 501;
        passMs(20);
        assertRefused();
    }

    @Test
    void aDiskThatCannotBeAskedChangesNothing() {
        unknown = true;
        passMs(20);
        assertAdmitted();
        unknown = false;
        usableBytes = 0;
        assertRefused();
        unknown = true;
        passMs(20);
        assertRefused();
    }

    @Test
    void givesUpTheBallastOnlyWhenNothingIsLeftAndTakesItBackWhenThereIsRoom() throws Exception {
        guard.keepBallast();
        assertThat(directory.resolve("ballast")).hasSize(BALLAST);
        usableBytes = BALLAST / 64;
        guard.keepBallast();
        assertThat(ballast.isHeld()).isTrue();
        usableBytes--;
        guard.keepBallast();
        assertThat(directory.resolve("ballast")).doesNotExist();
        usableBytes = RESERVE + RESERVE / 16 + BALLAST - 1;
        guard.keepBallast();
        assertThat(ballast.isHeld()).isFalse();
        usableBytes++;
        guard.keepBallast();
        assertThat(directory.resolve("ballast")).hasSize(BALLAST);
        Files.writeString(directory.resolve("ballast"), "cut short by a crash");
        guard.keepBallast();
        assertThat(directory.resolve("ballast")).hasSize(BALLAST);
    }

    @Test
    void givesUpTheBallastToOpenAStoreOnAFullDisk() {
        ballast.take();
        usableBytes = BALLAST;
        DiskGuard.makeRoomToOpen(space, ballast);
        assertThat(ballast.isHeld()).isTrue();
        usableBytes = BALLAST - 1;
        DiskGuard.makeRoomToOpen(space, ballast);
        assertThat(ballast.isHeld()).isFalse();
    }
}
