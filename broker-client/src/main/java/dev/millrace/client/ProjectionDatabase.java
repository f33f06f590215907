package dev.millrace.client;

import java.util.List;
import java.util.Map;

/**
 * Where a projection keeps its checkpoints together with its read model. {@code ProjectionTables} is the one for SQL; implement
 * it for another database that has transactions.
 *
 * <p>Each partition's keys are spread over {@link #LANES} lanes, each with a position of its own, so that handlers side by
 * side have a checkpoint each. An event is done where its offset is below its lane's position.
 *
 * @param <T> what handlers write with in a transaction
 */
public interface ProjectionDatabase<T> {
    int LANES = 16;

    /**
     * Takes the projection over: from here on every {@link Session#transact} of an instance before fails.
     *
     * @param starts where a partition begins that has no positions yet
     * @throws MillraceException INVALID_REQUEST where a later version serves
     */
    Session<T> open(Name projection, Map<TopicPartition, Long> starts) throws Exception;

    /** A projection and its version. */
    record Name(String name, int version) {
        public String id() {
            return name + ".v" + version;
        }
    }

    /** A part of a partition's keys. */
    record Lane(TopicPartition partition, int number) {}

    /** A lane's step. */
    record Move(Lane lane, long from, long to) {}

    /** What changes together with the handler's writes. */
    record Change(List<Move> moves, List<ParkedEvent> parked, List<Position> unparked) {}

    /** What to write. */
    @FunctionalInterface
    interface Work<T> {
        void run(T transaction) throws Exception;
    }

    /** Another instance, or another version, has taken the projection over. Nothing was written. */
    final class TakenOverException extends Exception {
        public TakenOverException(String message) {
            super(message);
        }
    }

    /** A projection that was taken over. Thread: any. */
    interface Session<T> {
        /** As they were at the take-over. */
        Map<Lane, Long> positions();

        /** As they were at the take-over, in order. */
        List<ParkedEvent> parked();

        /**
         * Does work and change in one transaction. Fails: {@link TakenOverException}; what the work throws; what the database
         * throws. Nothing was written then.
         */
        void transact(Change change, Work<T> work) throws Exception;

        /** Whether the failure may pass by itself, such as a lost connection or a deadlock, so that no event is to blame. */
        boolean passes(Exception failure);

        /** BUILDING, LIVE or REPLACED; FAILED where another instance has taken over. */
        Projection.State state() throws Exception;

        /** Takes over the version that serves so that it ends; returns how far it was, where it is another than this. */
        Map<TopicPartition, Long> retireLive() throws Exception;

        /** From here on this version serves. */
        void makeLive() throws Exception;
    }
}
