package dev.millrace.client.internal;

import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.Transaction;
import java.util.List;

/** Lets a handler commit the message that it works on together with what follows from it. Thread: any. */
final class Delivery {
    private static final long NONE = -1;

    private final NativeGroupConsumer consumer;
    private HandlerRunner runner;

    Delivery(NativeGroupConsumer consumer) {
        this.consumer = consumer;
    }

    /** Before the runner starts. */
    void by(HandlerRunner runner) {
        this.runner = runner;
    }

    /**
     * Adds the message's offset, where all before it are finished; else it is committed with a later one, and until then may
     * come again. Fails: NOT_ASSIGNED, FENCED_MEMBER, UNKNOWN_MEMBER where another member has its partition now.
     */
    void commitIn(Transaction transaction, ReceivedMessage message) {
        if (runner.finishedOffset(message.topicPartition(), NONE) == message.offset()) {
            transaction.sendOffsets(consumer, List.of(message));
        }
    }

    boolean isStopping() {
        return runner.isStopping();
    }

    /** Returns when that time is over, or the consumer ends. */
    void pause(long nanos) throws InterruptedException {
        runner.awaitStop(nanos);
    }
}
