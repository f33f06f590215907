package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.ParkedEvent;
import dev.millrace.client.Position;
import dev.millrace.client.Projection;
import dev.millrace.client.ProjectionBuilder.DatabaseHandler;
import dev.millrace.client.ProjectionDatabase;
import dev.millrace.client.ProjectionDatabase.Change;
import dev.millrace.client.ProjectionDatabase.Lane;
import dev.millrace.client.ProjectionDatabase.Move;
import dev.millrace.client.ProjectionDatabase.TakenOverException;
import dev.millrace.client.ProjectionDatabase.Work;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Checkpoints in the read model's database: each lane's position moves in the transaction that has its events' effect.
 *
 * <p>A lane belongs to one worker, so lanes never wait for each other and an event below its lane's position is done, however
 * far the other lanes are. After a start, reading begins at the hindmost lane of each partition.
 */
final class DatabaseMode<T> implements ProjectionMode {
    private final ProjectionRun run;
    private final ProjectionDatabase<T> database;
    private final DatabaseHandler<T> handler;
    private final ProgressReport report;
    /** As stored. An entry is changed by the lane's worker alone, after its transaction. */
    private final Map<Lane, Long> positions = new ConcurrentHashMap<>();

    private ProjectionDatabase.Session<T> session;

    DatabaseMode(ProjectionRun run, ProjectionDatabase<T> database, DatabaseHandler<T> handler, ProgressReport report) {
        this.run = run;
        this.database = database;
        this.handler = handler;
        this.report = report;
    }

    @Override
    public Map<TopicPartition, Long> open(Map<TopicPartition, Long> starts) {
        try {
            session = database.open(run.options.name(), starts);
        } catch (MillraceException e) {
            throw e;
        } catch (Exception e) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST, "projection " + run.options.id() + " cannot read its checkpoints: " + e, e);
        }
        run.parked.load(session.parked());
        positions.putAll(session.positions());
        Map<TopicPartition, Long> hindmost = new TreeMap<>(starts);
        starts.forEach((partition, start) -> hindmost.put(partition, hindmostLane(partition)));
        return hindmost;
    }

    private long hindmostLane(TopicPartition partition) {
        long hindmost = Long.MAX_VALUE;
        for (int lane = 0; lane < ProjectionDatabase.LANES; lane++) {
            hindmost = Math.min(hindmost, positions.get(new Lane(partition, lane)));
        }
        return hindmost;
    }

    @Override
    public boolean keepsFinished() {
        return false;
    }

    @Override
    public boolean isDone(ProjectionTask task) {
        return task.event.offset() < positions.get(laneOf(task));
    }

    private static Lane laneOf(ProjectionTask task) {
        return new Lane(task.track.partition, task.lane);
    }

    // ---- handling

    /** All in one transaction; where that fails, one by one, so that only the event that is to blame is held back. */
    @Override
    public void handle(List<ProjectionTask> tasks) throws InterruptedException {
        boolean together = tasks.size() > 1 && tasks.stream().noneMatch(task -> run.parked.isParked(task.event));
        if (together && handleTogether(tasks)) {
            return;
        }
        for (ProjectionTask task : tasks) {
            if (run.isStopping()) {
                return;
            }
            List<Move> move = moves(List.of(task));
            run.bringThrough(
                    task,
                    this,
                    () -> transact(change(move), transaction -> handler.handle(transaction, task.event)),
                    parked -> {
                        transact(new Change(move, List.of(parked), List.of()), transaction -> {});
                        run.parked.stored(parked);
                    });
        }
    }

    /** False where nothing was done. */
    private boolean handleTogether(List<ProjectionTask> tasks) {
        try {
            transact(change(moves(tasks)), transaction -> {
                for (ProjectionTask task : tasks) {
                    handler.handle(transaction, task.event);
                }
            });
        } catch (TakenOverException | Error e) {
            run.stop(e);
            return true;
        } catch (Exception oneByOne) {
            return false;
        }
        tasks.forEach(run::finished);
        return true;
    }

    private List<Move> moves(List<ProjectionTask> tasks) {
        Map<Lane, Long> reached = new LinkedHashMap<>();
        tasks.forEach(task -> reached.put(laneOf(task), task.event.offset() + 1));
        List<Move> moves = new ArrayList<>();
        reached.forEach((lane, to) -> moves.add(new Move(lane, positions.get(lane), to)));
        return moves;
    }

    private static Change change(List<Move> moves) {
        return new Change(moves, List.of(), List.of());
    }

    private void transact(Change change, Work<T> work) throws Exception {
        session.transact(change, work);
        change.moves().forEach(move -> positions.put(move.lane(), move.to()));
    }

    /** Lanes without events move on, too, or a start would read from where they last had one. */
    @Override
    public void passed(Map<TopicPartition, Long> offsets, int worker) throws InterruptedException {
        List<Move> moves = new ArrayList<>();
        for (int lane = worker; lane < ProjectionDatabase.LANES; lane += run.options.concurrency()) {
            for (Map.Entry<TopicPartition, Long> passed : offsets.entrySet()) {
                Lane name = new Lane(passed.getKey(), lane);
                if (positions.get(name) < passed.getValue()) {
                    moves.add(new Move(name, positions.get(name), passed.getValue()));
                }
            }
        }
        if (moves.isEmpty()) {
            return;
        }
        try {
            transact(change(moves), transaction -> {});
        } catch (TakenOverException e) {
            run.stop(e);
        } catch (Exception e) {
            if (!session.passes(e)) {
                run.stop(e);
            }
        }
    }

    @Override
    public void checkpoint(boolean all) {
        if (all) {
            tell();
        }
    }

    @Override
    public void tell() {
        report.tell(run.passed());
    }

    // ---- parked events

    @Override
    public void retry(ParkedEvent parked, StoredEvent event) throws Exception {
        unpark(parked.position(), transaction -> handler.handle(transaction, event));
    }

    @Override
    public void discard(ParkedEvent parked) throws Exception {
        unpark(parked.position(), transaction -> {});
    }

    private void unpark(Position position, Work<T> work) throws Exception {
        session.transact(new Change(List.of(), List.of(), List.of(position)), work);
    }

    // ---- versions

    @Override
    public Projection.State state() throws Exception {
        return session.state();
    }

    @Override
    public boolean passes(Exception failure) {
        return session.passes(failure);
    }

    @Override
    public Map<TopicPartition, Long> retireLive() throws Exception {
        return session.retireLive();
    }

    @Override
    public void makeLive() throws Exception {
        session.makeLive();
    }

    @Override
    public void close() {
        // A session holds nothing open.
    }
}
