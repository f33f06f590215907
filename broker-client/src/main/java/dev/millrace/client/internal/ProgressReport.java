package dev.millrace.client.internal;

import dev.millrace.client.Admin;
import dev.millrace.client.MillraceException;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Tells the broker how far a projection is, as the offsets of a group without members: that is what {@code millrace group} shows
 * and what other processes wait for. Thread: any, by its monitor.
 */
final class ProgressReport {
    private static final System.Logger LOG = System.getLogger("dev.millrace.client");
    /** The broker forgets groups whose offsets nobody commits, after weeks. */
    private static final long REPEAT_NANOS = TimeUnit.HOURS.toNanos(1);

    private final Admin admin;
    private final String group;
    private Map<TopicPartition, Long> told = Map.of();
    private long toldNanos;
    private boolean warned;

    ProgressReport(Admin admin, String group) {
        this.admin = admin;
        this.group = group;
    }

    /** Fails: the commit's faults. */
    synchronized void commit(Map<TopicPartition, Long> offsets) {
        if (!offsets.isEmpty() && (!offsets.equals(told) || System.nanoTime() - toldNanos > REPEAT_NANOS)) {
            admin.commitOffsets(group, offsets);
            told = Map.copyOf(offsets);
            toldNanos = System.nanoTime();
        }
    }

    /** As {@link #commit} where the offsets are for show: failing changes nothing. */
    synchronized void tell(Map<TopicPartition, Long> offsets) {
        try {
            commit(offsets);
            warned = false;
        } catch (MillraceException e) {
            if (!warned && e.fault() != Fault.CLIENT_CLOSED) {
                warned = true;
                LOG.log(
                        System.Logger.Level.WARNING,
                        "projection.report.failed projection={0} cause={1}",
                        group,
                        e.detail());
            }
        }
    }
}
