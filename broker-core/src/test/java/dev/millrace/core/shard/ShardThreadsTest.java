package dev.millrace.core.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.AllocateProducer;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.DeleteTopic;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.time.BrokerClock;
import dev.millrace.core.time.TimeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happens to requests and threads when something goes wrong that never should. */
@Timeout(20)
class ShardThreadsTest {
    private static final Command FINE = new AllocateProducer();
    private static final Command DEFECT = new DeleteTopic("defect");
    private static final Command DEFECT_WHEN_SHOWN = new DeleteTopic("defect when shown");

    private final CompletableFuture<Throwable> bug = new CompletableFuture<>();
    private final CountDownLatch mayApply = new CountDownLatch(1);
    private final MemoryStore store = new MemoryStore();
    private final LocalShardLog log = new LocalShardLog(store, new Machine(), TimeSource.SYSTEM, new Ignore());
    private final ShardRuntime<ShardMachine> runtime =
            new ShardRuntime<>(new Machine(), log, ShardRuntime.Limits.defaults(), (requests, bytes) -> {});
    private final ShardThreads threads = new ShardThreads(
            runtime,
            log,
            new BrokerClock(TimeSource.SYSTEM, new QuietClock()),
            (thread, defect) -> bug.complete(defect));

    /** Counts, and fails where a command asks for it. */
    private final class Machine implements ShardMachine {
        private boolean defectWhenShown;
        private long count;

        @Override
        public Object apply(Command command, long nowMs, WriteSink sink) {
            awaitUninterrupted(mayApply);
            if (command == DEFECT) {
                throw new IllegalStateException("a defect");
            }
            defectWhenShown |= command == DEFECT_WHEN_SHOWN;
            sink.put(Table.META, new byte[] {'x'}, new byte[] {(byte) count});
            return ++count;
        }

        @Override
        public Runnable endBatch(long nowMs, WriteSink sink) {
            boolean defect = defectWhenShown;
            return () -> {
                if (defect) {
                    throw new IllegalStateException("a defect of the syncer");
                }
            };
        }

        @Override
        public int generation() {
            return 1;
        }
    }

    private static final class Ignore implements LocalShardLog.SyncListener {
        @Override
        public void onSync(long nanos) {}

        @Override
        public void onFailure(StoreException failure) {}
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static Fault faultOf(CompletableFuture<?> answer) throws Exception {
        try {
            answer.get(10, TimeUnit.SECONDS);
            return null;
        } catch (ExecutionException e) {
            return ((FaultException) e.getCause()).fault();
        }
    }

    @Test
    void everyRequestIsAnsweredAndCloseReturnsWhenTheShardThreadDies() throws Exception {
        List<CompletableFuture<?>> answers = new ArrayList<>();
        answers.add(runtime.submit(DEFECT));
        for (int i = 0; i < 10_000; i++) {
            answers.add(runtime.submit(FINE));
        }
        threads.start();
        mayApply.countDown();
        for (CompletableFuture<?> answer : answers) {
            assertThat(faultOf(answer)).isIn(Fault.INTERNAL, Fault.SHUTTING_DOWN);
        }
        assertThat(bug.get(10, TimeUnit.SECONDS)).hasMessage("a defect");
        assertThat(faultOf(runtime.submit(FINE))).isEqualTo(Fault.SHUTTING_DOWN);
        threads.close();
    }

    @Test
    void everyRequestIsAnsweredAndCloseReturnsWhenTheSyncerDies() throws Exception {
        threads.start();
        mayApply.countDown();
        CompletableFuture<Long> shown = runtime.submit(DEFECT_WHEN_SHOWN);
        assertThat(bug.get(10, TimeUnit.SECONDS)).hasMessage("a defect of the syncer");
        assertThat(faultOf(shown)).isEqualTo(Fault.INTERNAL);
        assertThat(faultOf(runtime.submit(FINE))).isEqualTo(Fault.INTERNAL);
        threads.close();
        assertThat(faultOf(runtime.submit(FINE))).isEqualTo(Fault.SHUTTING_DOWN);
    }

    @Test
    void aQuestionThatFailsHarmsNobodyElse() throws Exception {
        threads.start();
        mayApply.countDown();
        CompletableFuture<Object> question = runtime.query(machine -> {
            throw new IllegalStateException("no answer");
        });
        CompletableFuture<Long> change = runtime.submit(FINE);
        assertThat(faultOf(question)).isEqualTo(Fault.INTERNAL);
        assertThat(change.get(10, TimeUnit.SECONDS)).isEqualTo(1);
        threads.close();
        assertThat(bug).isNotDone();
    }

    @Test
    void requestsThatComeWhileTheShardEndsAreAnswered() throws Exception {
        threads.start();
        mayApply.countDown();
        List<CompletableFuture<Long>> answers = new ArrayList<>();
        CountDownLatch started = new CountDownLatch(1);
        Thread client = new Thread(() -> {
            for (int i = 0; i < 200_000; i++) {
                answers.add(runtime.submit(FINE));
                if (i == 1000) {
                    started.countDown();
                }
            }
        });
        client.start();
        started.await();
        threads.close();
        client.join();
        for (CompletableFuture<Long> answer : answers) {
            assertThat(faultOf(answer)).isIn(null, Fault.SHUTTING_DOWN, Fault.OVERLOADED);
        }
    }

    private static final class QuietClock implements BrokerClock.Listener {
        @Override
        public void onUnconfirmed(long aheadMs) {}

        @Override
        public void onFollowed(long movedMs) {}
    }
}
