package dev.millrace.core;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.storage.Ballast;
import dev.millrace.core.storage.DiskSpace;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.time.TimeSource;
import dev.millrace.core.time.Units;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Refuses publishes before the disk is full, so that commits, flushes, retention and recovery keep room to work; lets them
 * through again when there is room, without a restart.
 *
 * <pre>
 *  room = usable bytes of the disk - what must still be written (queued, or in the log but not flushed)
 *
 *  room &lt; reserve                  publishes are refused
 *  room &gt;= reserve + 1/16          publishes go on: not at the same line, or every flush would change the answer
 *  usable &lt; 1/64 of the ballast    something else has filled the disk: the ballast is given up
 * </pre>
 *
 * Between two looks at the disk every admitted byte is counted twice, as it will be written twice; when these or 20 ms are
 * used up, the next publish looks again. Thread: any.
 */
final class DiskGuard {
    private static final Logger LOG = System.getLogger(DiskGuard.class.getName());
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int WRITES_PER_BYTE = 2;
    private static final int RESUME_FRACTION = 16;
    private static final int BALLAST_FRACTION = 64;

    private final DiskSpace space;
    private final long reserveBytes;
    private final LongSupplier owedBytes;
    private final TimeSource time;
    private final Ballast ballast;
    private final AtomicLong admittedBytes = new AtomicLong();
    private volatile Look look = new Look(Long.MAX_VALUE, 0, 0);
    private volatile boolean refusing;

    /** What the disk was like. */
    private record Look(long usableBytes, long owedBytes, long nanos) {
        long roomBytes() {
            return usableBytes - owedBytes;
        }
    }

    /** @param owedBytes what was admitted and must still be written to the disk */
    DiskGuard(DiskSpace space, long reserveBytes, LongSupplier owedBytes, Ballast ballast, TimeSource time) {
        this.space = space;
        this.reserveBytes = reserveBytes;
        this.owedBytes = owedBytes;
        this.ballast = ballast;
        this.time = time;
    }

    /** Takes or gives up the ballast as the disk demands. Thread: maintenance, or the opener. */
    void keepBallast() {
        Look now = look();
        if (now.usableBytes < ballast.bytes() / BALLAST_FRACTION) {
            giveUp(ballast, now.usableBytes);
        } else if (!ballast.isWhole() && now.roomBytes() >= resumeBytes() + ballast.bytes()) {
            ballast.take();
            LOG.log(Level.DEBUG, "disk.ballast.taken bytes={0,number,#}", ballast.bytes());
        }
    }

    /** A store cannot be opened on a full disk: gives up the ballast where there is less room than it holds. */
    static void makeRoomToOpen(DiskSpace space, Ballast ballast) {
        long usable = space.usableBytes();
        if (usable < ballast.bytes()) {
            giveUp(ballast, usable);
        }
    }

    private static void giveUp(Ballast ballast, long usableBytes) {
        if (ballast.isHeld()) {
            ballast.release();
            LOG.log(
                    Level.WARNING,
                    "disk.ballast.released usable={0,number,#} bytes={1,number,#}",
                    usableBytes,
                    ballast.bytes());
        }
    }

    /** Looks at the disk and decides. Fails: {@link StoreException}. */
    Look look() {
        synchronized (admittedBytes) {
            admittedBytes.set(0);
            Look now = new Look(space.usableBytes(), owedBytes.getAsLong(), time.nanoTime());
            look = now;
            boolean refuse = now.roomBytes() < (refusing ? resumeBytes() : reserveBytes);
            if (refuse != refusing) {
                refusing = refuse;
                tell(now);
            }
            return now;
        }
    }

    private void tell(Look now) {
        if (refusing) {
            LOG.log(Level.WARNING, "disk.full publishes are refused: {0}", describe(now));
        } else {
            LOG.log(Level.INFO, "disk.room publishes go on usable={0,number,#}", now.usableBytes);
        }
    }

    private long resumeBytes() {
        return reserveBytes + reserveBytes / RESUME_FRACTION;
    }

    /** True while the next look should not be long in coming: publishes are refused, or soon might be. */
    boolean isTight() {
        return refusing || look.roomBytes() < 4 * reserveBytes;
    }

    /** Lets a publish pass. Fails: FaultException DISK_FULL. */
    void admit(int bytes) {
        long admitted = WRITES_PER_BYTE * admittedBytes.addAndGet(bytes);
        Look last = look;
        if (last.roomBytes() - admitted < reserveBytes || time.nanoTime() - last.nanos >= LOOK_NANOS) {
            last = lookAgain(last);
        }
        if (refusing) {
            throw new FaultException(Fault.DISK_FULL, describe(last));
        }
    }

    /** A disk that cannot be asked is no reason to refuse: writing will tell. */
    private Look lookAgain(Look last) {
        try {
            return look();
        } catch (StoreException unknown) {
            return last;
        }
    }

    private String describe(Look now) {
        String owed = now.owedBytes < reserveBytes / RESUME_FRACTION
                ? ""
                : ", " + Units.approximateBytes(now.owedBytes) + " of them for what is not flushed yet,";
        return Units.approximateBytes(now.usableBytes) + " are free on the disk" + owed
                + " and storage.diskReserve keeps " + Units.approximateBytes(reserveBytes);
    }

    boolean isRefusing() {
        return refusing;
    }

    BrokerStatus status() {
        return refusing
                ? new BrokerStatus.DiskFull(Math.max(0, look.roomBytes()), reserveBytes)
                : new BrokerStatus.Serving();
    }

    long usableBytes() {
        return look.usableBytes;
    }
}
