package dev.millrace.simulation;

import dev.millrace.core.command.Command;
import dev.millrace.core.command.ExpireGroups;
import dev.millrace.core.command.Maintain;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.storage.GenerationRange;
import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.wire.DeadLetterNames;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** The daemon through all its lives: gives the shard its turns, syncs, keeps house, dies and starts again. */
final class Server {
    static final long OFFSET_RETENTION_MS = 30 * 86_400_000L;
    static final long PRODUCER_RETENTION_MS = 7 * 86_400_000L;

    private static final int EXPIRE_MICROS = 200_000;
    private static final int MAINTAIN_MICROS = 400_000;
    private static final int DUE_MICROS = 20_000;
    private static final int RESTART_MICROS_MAX = 400_000;

    private final World world;
    private final Set<Connection> connections = new LinkedHashSet<>();
    private MemoryStore disk = new MemoryStore();
    private Shard shard;
    private int life;
    private boolean turnDue;
    private boolean syncDue;
    private boolean halting;
    private Moment crashAt = Moment.NEVER;
    private OptionalLong clockAnchor = OptionalLong.empty();

    /** When the power may fail, beside just any time. */
    enum Moment {
        /** A batch was committed and not yet synced. */
        COMMITTED,
        /** A sync has ended and its answers are on their way. */
        SYNCED,
        /** A generation ended. */
        ROTATED,
        /** A batch was committed that changes topics, or deletes records. */
        RESHAPED,
        NEVER
    }

    Server(World world) {
        this.world = world;
    }

    boolean isUp() {
        return shard != null;
    }

    int life() {
        return life;
    }

    /** What serves now, or null. */
    Shard shard() {
        return shard;
    }

    /** What lies on the disk, whether or not anybody serves it. */
    MemoryStore disk() {
        return disk;
    }

    void connected(Connection connection) {
        connections.add(connection);
    }

    void disconnected(Connection connection) {
        connections.remove(connection);
    }

    /** How far the believed time was ahead when the last life ended, as a file beside the data tells. */
    OptionalLong clockAnchor() {
        return clockAnchor;
    }

    /** Connections that may be cut. */
    List<Connection> connections() {
        return List.copyOf(connections);
    }

    /** The topics that readers may know of, without streams, but for internal ones; none while the broker is down. */
    List<Topic> topics() {
        if (shard == null) {
            return List.of();
        }
        // Without a stream, as readers ask before each step: 4 % of a run.
        List<Topic> topics = new ArrayList<>();
        for (Topic topic : shard.machine.directory().all()) {
            if (!DeadLetterNames.isInternal(topic.name()) && !topic.settings().indexed()) {
                topics.add(topic);
            }
        }
        return topics;
    }

    /** As {@link #topics}, with internal ones and those with streams. */
    List<Topic> allTopics() {
        return shard == null ? List.of() : List.copyOf(shard.machine.directory().all());
    }

    /** The topic as readers may know it, or null. */
    Topic topic(String name) {
        return shard == null ? null : shard.machine.directory().find(name);
    }

    /** The log that readers may see, or null where there is none, or no broker. */
    PartitionLog visibleLog(int partitionId) {
        boolean visible = shard != null && shard.machine.directory().placeOf(partitionId) != null;
        return visible ? shard.machine.logs().find(partitionId) : null;
    }

    /** The log, or null where there is none, or no broker. */
    PartitionLog log(int partitionId) {
        return shard == null ? null : shard.machine.logs().find(partitionId);
    }

    /** True where all that was applied is durable, so that the state in memory may be looked at. */
    boolean isSettled() {
        return shard != null && shard.store.unsyncedCommitCount() == 0 && !shard.log.hasAwaiting();
    }

    // ---- lives

    void start() {
        if (shard != null) {
            return;
        }
        try {
            shard = new Shard(world, disk, this::halt);
        } catch (StoreException refused) {
            world.trace.add("start refused " + refused.kind() + " " + refused.getMessage());
            world.faults.startRefused(refused);
            return;
        }
        life++;
        crashAt = Moment.NEVER;
        turnDue = false;
        syncDue = false;
        halting = false;
        world.trace.add("start life=" + life + " sequence=" + disk.committedSequence());
        world.history.restarted();
        world.operator.checkSeen();
    }

    /** Power loss: what was not synced is gone but for some prefix. */
    void crash(String cause) {
        if (shard == null) {
            return;
        }
        int unsynced = shard.store.unsyncedCommitCount();
        end(world.random.nextInt(3) == 0 ? shard.store.crash() : shard.store.crash(world.random));
        world.trace.add("crash cause=" + cause + " unsynced=" + unsynced + " sequence=" + disk.committedSequence());
        world.agenda.in(world.random.nextInt(RESTART_MICROS_MAX), this::start);
    }

    /** Power loss at the next moment of this kind. */
    void crashAt(Moment moment) {
        crashAt = moment;
    }

    private void reached(Moment moment) {
        if (crashAt == moment) {
            crashAt = Moment.NEVER;
            Shard of = shard;
            int delayMicros = world.random.nextBoolean() ? 1 : 1 + world.random.nextInt(world.profile.syncMicrosMax());
            world.agenda.in(delayMicros, () -> {
                if (shard == of) {
                    crash(moment.toString());
                }
            });
        }
    }

    /** An orderly stop: what was accepted is finished first. */
    void stop() {
        if (shard == null || halting) {
            return;
        }
        Shard stopping = shard;
        stopping.runtime.stopAccepting();
        while (!stopping.runtime.isIdle()) {
            stopping.turn();
            stopping.log.syncOnce();
        }
        stopping.runtime.end();
        stopping.log.close();
        stopping.store.close();
        end(stopping.store.reopen());
        world.trace.add("stop sequence=" + disk.committedSequence());
        world.agenda.in(world.random.nextInt(RESTART_MICROS_MAX), this::start);
    }

    private void end(MemoryStore left) {
        clockAnchor = OptionalLong.of(shard.believedAheadMs());
        shard = null;
        disk = left;
        connections().forEach(connection -> connection.cut(false));
    }

    /** A failed write or sync ends the process; until it does, its threads go on. */
    private void halt(StoreException failure) {
        world.trace.add("halt " + failure.kind());
        halting = true;
        Shard halted = shard;
        world.agenda.in(world.random.nextInt(30_000), () -> {
            if (shard == halted) {
                crash("halted");
            }
        });
    }

    // ---- the duty cycle

    <T> CompletableFuture<T> submit(Command command) {
        CompletableFuture<T> answer = shard.runtime.submit(command);
        turnSoon();
        return answer;
    }

    <T> CompletableFuture<T> query(Function<BrokerStateMachine, T> question) {
        CompletableFuture<T> answer = shard.runtime.query(question);
        turnSoon();
        return answer;
    }

    private void turnSoon() {
        if (!turnDue) {
            turnDue = true;
            Shard of = shard;
            // Now and then the thread is late, and much has come together.
            int delayMicros = world.random.nextInt(5) == 0 ? 40_000 : 1500;
            world.agenda.in(world.random.nextInt(delayMicros), () -> turn(of));
        }
    }

    private void turn(Shard of) {
        if (shard != of) {
            return;
        }
        turnDue = false;
        int generation = of.machine.generation();
        int taken = of.turn();
        if (!of.runtime.isIdle()) {
            turnSoon();
        }
        syncSoon();
        if (taken > 0) {
            reached(Moment.COMMITTED);
        }
        if (of.machine.generation() > generation) {
            reached(Moment.ROTATED);
        }
        if (of.takeReshaped()) {
            reached(Moment.RESHAPED);
        }
    }

    private void syncSoon() {
        if (!syncDue && shard.log.hasAwaiting()) {
            syncDue = true;
            Shard of = shard;
            world.agenda.in(world.random.nextInt(world.profile.syncMicrosMax()), () -> sync(of));
        }
    }

    private void sync(Shard of) {
        if (shard != of) {
            return;
        }
        syncDue = false;
        // The shard works on while the syncer waits for the disk.
        boolean busy = world.random.nextInt(4) == 0;
        of.store.duringNextSync(() -> {
            if (busy) {
                of.turn();
            }
        });
        int answered = of.log.syncOnce();
        syncSoon();
        if (answered > 0) {
            reached(Moment.SYNCED);
        }
    }

    // ---- upkeep, as the maintenance thread does it

    void keepHouse() {
        world.agenda.in(EXPIRE_MICROS, this::expire);
        world.agenda.in(MAINTAIN_MICROS, this::maintain);
        world.agenda.in(DUE_MICROS, this::lookForDue);
    }

    /** The shard's thread wakes when a timer is due; here it looks every few milliseconds. */
    private void lookForDue() {
        if (shard != null && shard.isDue()) {
            turnSoon();
        }
        world.agenda.in(DUE_MICROS, this::lookForDue);
    }

    private void expire() {
        if (shard != null) {
            submit(new ExpireGroups(OFFSET_RETENTION_MS));
        }
        world.agenda.in(EXPIRE_MICROS, this::expire);
    }

    private void maintain() {
        if (shard != null) {
            Shard of = shard;
            this.<List<GenerationRange>>submit(new Maintain(-1, -1, PRODUCER_RETENTION_MS))
                    .thenAccept(unneeded -> world.agenda.in(world.random.nextInt(20_000), () -> drop(of, unneeded)));
        }
        world.agenda.in(MAINTAIN_MICROS, this::maintain);
    }

    private void drop(Shard of, List<GenerationRange> unneeded) {
        if (shard == of) {
            world.trace.add("drop " + unneeded);
            of.store.dropGenerations(unneeded);
        }
    }
}
