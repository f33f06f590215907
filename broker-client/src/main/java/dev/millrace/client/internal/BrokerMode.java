package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.ParkedEvent;
import dev.millrace.client.Projection;
import dev.millrace.client.ProjectionBuilder.EventHandler;
import dev.millrace.client.ProjectionDatabase;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Checkpoints as a group's offsets in the broker, behind what was handled: events since the last one come again after a crash.
 *
 * <p>A parked event is in the projection's log before the checkpoint passes it.
 */
final class BrokerMode implements ProjectionMode {
    private final ProjectionRun run;
    private final EventHandler handler;
    private final CheckpointGroup group;
    private final ProjectionLog log;
    private final ProgressReport report;
    private final Queue<ParkedEvent> toLog = new ConcurrentLinkedQueue<>();

    BrokerMode(ProjectionRun run, EventHandler handler, Link link, ProgressReport report) {
        this.run = run;
        this.handler = handler;
        this.log = new ProjectionLog(link, run.options.name());
        this.group = new CheckpointGroup(link, run.options.name(), log);
        this.report = report;
    }

    @Override
    public Map<TopicPartition, Long> open(Map<TopicPartition, Long> starts) {
        log.open();
        run.parked.load(log.parked());
        Map<TopicPartition, Long> checkpoints = group.checkpoints(starts);
        report.commit(checkpoints);
        log.begin();
        return checkpoints;
    }

    @Override
    public boolean keepsFinished() {
        return false;
    }

    @Override
    public boolean isDone(ProjectionTask task) {
        return false;
    }

    @Override
    public void handle(List<ProjectionTask> tasks) throws InterruptedException {
        for (ProjectionTask task : tasks) {
            if (run.isStopping()) {
                return;
            }
            run.bringThrough(task, this, () -> handler.handle(task.event), parked -> {
                if (!run.parked.isStored(parked)) {
                    toLog.add(parked);
                }
            });
        }
    }

    @Override
    public void passed(Map<TopicPartition, Long> offsets, int worker) {
        // The checkpoint is taken from all workers together.
    }

    @Override
    public void checkpoint(boolean all) {
        if (all) {
            tell();
        }
    }

    @Override
    public synchronized void tell() {
        // In this order: what is passed now has been put into the queue before.
        Map<TopicPartition, Long> passed = run.passed();
        List<ParkedEvent> parked = new ArrayList<>();
        for (ParkedEvent event = toLog.peek(); event != null; event = toLog.peek()) {
            log.append(List.of(event));
            toLog.remove();
            parked.add(event);
        }
        parked.forEach(run.parked::stored);
        report.commit(passed);
    }

    @Override
    public void retry(ParkedEvent parked, StoredEvent event) throws Exception {
        handler.handle(event);
        discard(parked);
    }

    @Override
    public void discard(ParkedEvent parked) {
        log.appendUnparked(parked.position());
    }

    @Override
    public Projection.State state() {
        return log.state();
    }

    /** Faults of the broker, not of the handler, which may call a broker, too: there retries are the user's choice. */
    @Override
    public boolean passes(Exception failure) {
        return false;
    }

    @Override
    public Map<TopicPartition, Long> retireLive() {
        Optional<ProjectionDatabase.Name> before = log.retireLive();
        return before.isEmpty() ? Map.of() : group.committed(before.get());
    }

    @Override
    public void makeLive() {
        log.makeLive();
    }

    @Override
    public void close() {
        // Nothing is held open.
    }

    /** The offsets of a projection's group. */
    record CheckpointGroup(Link link, ProjectionDatabase.Name name, ProjectionLog log) {
        /** Fails: POSITION_GONE where there must be checkpoints and are none. */
        Map<TopicPartition, Long> checkpoints(Map<TopicPartition, Long> starts) {
            Map<TopicPartition, Long> committed = committed(name);
            if (committed.isEmpty() && log.began()) {
                throw new MillraceException(
                        Fault.POSITION_GONE,
                        "the checkpoints of projection " + name.id()
                                + ", which are the offsets of the group of that name, are gone: it was not running for"
                                + " longer than groups.offsetRetention, or the group was"
                                + " deleted. Build version " + (name.version() + 1)
                                + " from the start, or commit offsets for the group");
            }
            Map<TopicPartition, Long> checkpoints = new TreeMap<>(starts);
            starts.keySet().stream().filter(committed::containsKey).forEach(partition -> {
                checkpoints.put(partition, committed.get(partition));
            });
            return checkpoints;
        }

        Map<TopicPartition, Long> committed(ProjectionDatabase.Name of) {
            try {
                return new NativeAdmin(link).committedOffsets(of.id());
            } catch (MillraceException e) {
                if (e.fault() == Fault.GROUP_NOT_FOUND) {
                    return Map.of();
                }
                throw e;
            }
        }
    }
}
