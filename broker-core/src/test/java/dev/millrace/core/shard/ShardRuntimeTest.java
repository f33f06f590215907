package dev.millrace.core.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.AllocateProducer;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.DeleteGroup;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.time.TimeSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The duty cycle by hand: bounds of the inbox, and one sync for all that waited. */
class ShardRuntimeTest {
    private final MemoryStore store = new MemoryStore();
    private final Counter machine = new Counter();
    private final List<Long> syncs = new ArrayList<>();
    private final LocalShardLog log =
            new LocalShardLog(store, machine, TimeSource.SYSTEM, new LocalShardLog.SyncListener() {
                @Override
                public void onSync(long nanos) {
                    syncs.add(nanos);
                }

                @Override
                public void onFailure(StoreException failure) {
                    throw failure;
                }
            });
    private final ShardRuntime<Counter> runtime = new ShardRuntime<>(
            machine, log, new ShardRuntime.Limits(10, 1000, 4, 1000, 1 << 20), (requests, bytes) -> {});

    /** Counts commands, and writes a row for each. */
    private static final class Counter implements ShardMachine {
        private int count;

        @Override
        public Object apply(Command command, long nowMs, WriteSink sink) {
            if (command instanceof DeleteGroup) {
                return Refusal.of(Fault.GROUP_NOT_FOUND, "refused");
            }
            sink.put(Table.META, new byte[] {(byte) count}, new byte[] {1});
            return ++count;
        }

        @Override
        public Runnable endBatch(long nowMs, WriteSink sink) {
            return () -> {};
        }

        @Override
        public int generation() {
            return 1;
        }
    }

    @Test
    void aFullInboxRefusesAtOnceAndAcceptsAgainWhenThereIsRoom() {
        List<CompletableFuture<Integer>> accepted = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            accepted.add(runtime.submit(new AllocateProducer()));
        }
        CompletableFuture<Integer> refused = runtime.submit(new AllocateProducer());
        assertThat(refused).isCompletedExceptionally();
        assertThat(accepted).noneMatch(CompletableFuture::isDone);
        refused.whenComplete((value, error) -> assertThat(error).isInstanceOfSatisfying(FaultException.class, fault -> {
            assertThat(fault.fault()).isEqualTo(Fault.OVERLOADED);
            assertThat(fault.detail()).contains("10 of 10");
        }));
        assertThat(runtime.runOnce(1)).as("a batch is bounded too").isEqualTo(4);
        assertThat(runtime.<Integer>submit(new AllocateProducer())).isNotCompletedExceptionally();
        assertThat(machine.count).as("what was refused was not applied").isEqualTo(4);
    }

    @Test
    void oneSyncAnswersAllThatWasAppliedBeforeIt() {
        List<CompletableFuture<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            answers.add(runtime.submit(new AllocateProducer()));
        }
        while (runtime.runOnce(1) > 0) {}
        assertThat(answers).noneMatch(CompletableFuture::isDone);
        assertThat(log.syncOnce()).isEqualTo(3);
        assertThat(syncs).hasSize(1);
        assertThat(answers).extracting(CompletableFuture::join).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
    }

    @Test
    void changesSubmittedTogetherAreAnsweredTogetherAndOneThatIsRefusedKeepsNoOther() {
        CompletableFuture<Integer> before = runtime.submit(new AllocateProducer());
        CompletableFuture<List<Object>> together =
                runtime.submitAll(List.of(new AllocateProducer(), new DeleteGroup("g"), new AllocateProducer()));
        CompletableFuture<Integer> behind = runtime.submit(new AllocateProducer());
        while (runtime.runOnce(1) > 0) {}
        assertThat(together).isNotDone();
        log.syncOnce();
        assertThat(before.join()).isEqualTo(1);
        assertThat(together.join()).hasSize(3).contains(2, 3).element(1).isInstanceOf(Refusal.class);
        assertThat(behind.join()).isEqualTo(4);
    }

    @Test
    void changesSubmittedTogetherCountEachInTheInboxAndInACommit() {
        assertThat(runtime.submitAll(allocations(11))).isCompletedExceptionally();
        runtime.submitAll(allocations(3));
        runtime.submitAll(allocations(2));
        runtime.submitAll(allocations(5));
        assertThat(runtime.inboxCount()).isEqualTo(10);
        assertThat(runtime.submit(new AllocateProducer())).isCompletedExceptionally();
        // Four make a commit full; five that came together are not parted.
        assertThat(runtime.runOnce(1)).isEqualTo(1);
        assertThat(machine.count).isEqualTo(3);
        assertThat(runtime.runOnce(1)).isEqualTo(1);
        assertThat(machine.count).isEqualTo(5);
        assertThat(runtime.runOnce(1)).isEqualTo(1);
        assertThat(machine.count).isEqualTo(10);
        assertThat(runtime.inboxCount()).isZero();
    }

    private static List<Command> allocations(int count) {
        return Collections.nCopies(count, new AllocateProducer());
    }

    @Test
    void aQuestionSeesWhatWasSubmittedBeforeItAndIsAnsweredOnlyWhenThatIsDurable() {
        runtime.submit(new AllocateProducer());
        CompletableFuture<Integer> asked = runtime.query(counter -> counter.count);
        runtime.runOnce(1);
        assertThat(asked).isNotDone();
        log.syncOnce();
        assertThat(asked.join()).isEqualTo(1);
    }

    @Test
    void aQuestionOfALaterTurnWaitsForWhatItSawToo() {
        runtime.submit(new AllocateProducer());
        runtime.runOnce(1);
        CompletableFuture<Integer> asked = runtime.query(counter -> counter.count);
        runtime.runOnce(2);
        assertThat(asked).isNotDone();
        log.syncOnce();
        assertThat(asked.join()).isEqualTo(1);
    }

    @Test
    void whatIsAppliedDuringASyncWaitsForTheNext() {
        CompletableFuture<Integer> first = runtime.submit(new AllocateProducer());
        runtime.runOnce(1);
        List<CompletableFuture<Integer>> second = new ArrayList<>();
        store.duringNextSync(() -> {
            second.add(runtime.submit(new AllocateProducer()));
            runtime.runOnce(2);
        });
        log.syncOnce();
        assertThat(first.join()).isEqualTo(1);
        assertThat(second.get(0)).isNotDone();
        log.syncOnce();
        assertThat(second.get(0).join()).isEqualTo(2);
    }
}
