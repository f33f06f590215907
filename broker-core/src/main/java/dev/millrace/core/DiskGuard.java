package dev.millrace.core;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.storage.DiskSpace;
import dev.millrace.core.time.Units;

/**
 * Refuses publishes before the disk is full, so that commits, retention and recovery keep room to work; lets them through
 * again when there is room, without a restart. Thread: any; checked by maintenance.
 */
final class DiskGuard {
    private final DiskSpace space;
    private final long reserveBytes;
    private volatile long usableBytes = Long.MAX_VALUE;

    DiskGuard(DiskSpace space, long reserveBytes) {
        this.space = space;
        this.reserveBytes = reserveBytes;
    }

    /** Looks at the disk. */
    void check() {
        usableBytes = space.usableBytes();
    }

    /** Fails: FaultException DISK_FULL. */
    void admit() {
        if (usableBytes < reserveBytes) {
            throw new FaultException(
                    Fault.DISK_FULL,
                    Units.approximateBytes(usableBytes) + " are free on the disk, and storage.diskReserve keeps "
                            + Units.approximateBytes(reserveBytes));
        }
    }

    BrokerStatus status() {
        long usable = usableBytes;
        return usable < reserveBytes ? new BrokerStatus.DiskFull(usable, reserveBytes) : new BrokerStatus.Serving();
    }

    long usableBytes() {
        return usableBytes;
    }
}
