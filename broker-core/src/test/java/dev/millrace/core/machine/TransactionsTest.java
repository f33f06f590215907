package dev.millrace.core.machine;

import static dev.millrace.core.machine.TogetherWorld.AUDIT;
import static dev.millrace.core.machine.TogetherWorld.ORDERS;
import static dev.millrace.core.machine.TogetherWorld.append;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.DeleteTopic;
import dev.millrace.core.command.InitTransactions;
import dev.millrace.core.command.JoinGroup;
import dev.millrace.core.command.LeaveGroup;
import dev.millrace.core.command.Maintain;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.group.CommittedOffset;
import dev.millrace.core.transaction.TransactionResult;
import dev.millrace.core.transaction.TransactionTable.Identity;
import dev.millrace.core.wire.GroupFrames.PartitionOffset;
import dev.millrace.core.wire.Operation;
import dev.millrace.core.wire.OperationResult;
import dev.millrace.core.wire.TimerRef;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class TransactionsTest {
    private static final UUID NOWHERE = new UUID(9, 9);

    private final TogetherWorld world = new TogetherWorld();
    private final Identity identity = world.init("billing");

    private TransactionResult commit(long sequence, Operation... operations) {
        return world.ask(world.transaction("billing", identity, sequence, operations));
    }

    private FaultException refused(long sequence, Operation... operations) {
        return world.refusalOf(world.transaction("billing", identity, sequence, operations));
    }

    private static Operation.CommitOffsets offsets(String group, String member, int epoch, long offset) {
        return new Operation.CommitOffsets(group, member, epoch, List.of(new PartitionOffset(ORDERS, 0, offset, null)));
    }

    private long committed(String group) {
        int partitionId = world.shard.machine.directory().find(ORDERS).partitionIds()[0];
        return world.shard
                .machine
                .groups()
                .committed(group, partitionId)
                .map(CommittedOffset::offset)
                .orElse(-1L);
    }

    @Test
    void doesEverythingTogether() {
        commit(0, append(ORDERS, 0, "x", "y"));
        TransactionResult result = commit(
                1,
                append(ORDERS, 0, "a", "b"),
                append(ORDERS, 1, "c"),
                append(ORDERS, 0, "d"),
                offsets("readers", "", 0, 2),
                new Operation.Schedule(TogetherWorld.after(1_000, "k", "later")),
                append(AUDIT, 0, "e"));
        assertThat(result.duplicate()).isFalse();
        assertThat(result.results())
                .containsExactly(
                        new OperationResult.Appended(2),
                        new OperationResult.Appended(0),
                        new OperationResult.Appended(4),
                        new OperationResult.Committed(),
                        new OperationResult.Scheduled(world.shard.nowMs - 1 + 1_000, 0, false),
                        new OperationResult.Appended(0));
        assertThat(world.values(ORDERS, 0)).containsExactly("x", "y", "a", "b", "d");
        assertThat(world.values(ORDERS, 1)).containsExactly("c");
        assertThat(world.values(AUDIT, 0)).containsExactly("e");
        assertThat(committed("readers")).isEqualTo(2);
        assertThat(world.shard.machine.timers().pendingCount()).isOne();
    }

    @Test
    void nothingIsVisibleBeforeItIsDurable() {
        CompletableFuture<TransactionResult> answer =
                world.submit(world.transaction("billing", identity, 0, append(ORDERS, 0, "a"), append(AUDIT, 0, "b")));
        world.shard.run();
        assertThat(answer).isNotDone();
        assertThat(world.values(ORDERS, 0)).isEmpty();
        assertThat(world.values(AUDIT, 0)).isEmpty();
        world.shard.sync();
        assertThat(answer).isCompleted();
        assertThat(world.values(ORDERS, 0)).containsExactly("a");
        assertThat(world.values(AUDIT, 0)).containsExactly("b");
    }

    @Test
    void aRefusalNamesTheOperationAndChangesNothing() {
        FaultException refusal = refused(
                0,
                append(ORDERS, 0, "a"),
                offsets("readers", "", 0, 0),
                new Operation.Schedule(TogetherWorld.after(1_000, null, "later")),
                append(NOWHERE, 0, "b"));
        assertThat(refusal.fault()).isEqualTo(Fault.TOPIC_NOT_FOUND);
        assertThat(refusal.detail()).startsWith("operation 4 of 4: topic id " + NOWHERE);
        assertThat(world.values(ORDERS, 0)).isEmpty();
        assertThat(world.log(ORDERS, 0).endOffset()).as("no offset was used").isZero();
        assertThat(committed("readers")).isEqualTo(-1);
        assertThat(world.shard.machine.groups().groupCount()).isZero();
        assertThat(world.shard.machine.timers().pendingCount()).isZero();
        assertThat(commit(1, append(ORDERS, 0, "c")).duplicate()).isFalse();
    }

    @Test
    void eachKindOfOperationCanBeTheOneThatIsRefused() {
        assertThat(refused(0, append(ORDERS, 7, "a")).fault()).isEqualTo(Fault.PARTITION_NOT_FOUND);
        assertThat(refused(1, offsets("g", "nobody", 1, 0)).fault()).isEqualTo(Fault.UNKNOWN_MEMBER);
        assertThat(refused(2, offsets("g", "", 0, 1)).fault()).isEqualTo(Fault.OFFSET_OUT_OF_RANGE);
        assertThat(refused(3, offsets("g", "", 0, -1)).fault()).isEqualTo(Fault.INVALID_REQUEST);
        assertThat(refused(4, offsets("", "", 0, 0)).fault()).isEqualTo(Fault.INVALID_REQUEST);
        assertThat(refused(5, new Operation.Schedule(TogetherWorld.at(-1, null, "a")))
                        .fault())
                .isEqualTo(Fault.INVALID_REQUEST);
        world.pendingMax = 1;
        Operation schedule = new Operation.Schedule(TogetherWorld.after(1, null, "a"));
        assertThat(refused(6, schedule, schedule).fault()).isEqualTo(Fault.LIMIT_REACHED);
        assertThat(world.shard.machine.timers().pendingCount()).isZero();
    }

    @Test
    void offsetsAreFencedByTheGroupsMembership() {
        MemberAssignment member = world.ask(new JoinGroup("g", "m", null, "", List.of("orders"), 10_000));
        commit(0, append(ORDERS, 0, "a", "b"));
        commit(1, append(ORDERS, 1, "c"), offsets("g", "m", member.memberEpoch(), 1));
        assertThat(committed("g")).isOne();
        assertThat(refused(2, append(AUDIT, 0, "x"), offsets("g", "m", member.memberEpoch() + 1, 2))
                        .fault())
                .isEqualTo(Fault.FENCED_MEMBER);
        assertThat(refused(3, append(AUDIT, 0, "x"), offsets("g", "", 0, 2)).fault())
                .isEqualTo(Fault.GROUP_NOT_EMPTY);
        world.ask(new LeaveGroup("g", "m", false));
        assertThat(refused(4, append(AUDIT, 0, "x"), offsets("g", "m", member.memberEpoch(), 2))
                        .fault())
                .isEqualTo(Fault.UNKNOWN_MEMBER);
        assertThat(world.values(AUDIT, 0)).isEmpty();
        assertThat(committed("g")).isOne();
    }

    @Test
    void aPartitionOfAnotherMemberIsNotCommitted() {
        MemberAssignment first = world.ask(new JoinGroup("g", "m", null, "", List.of("audit"), 10_000));
        assertThat(refused(0, offsets("g", "m", first.memberEpoch(), 0)).fault())
                .isEqualTo(Fault.NOT_ASSIGNED);
    }

    @Test
    void aRepetitionIsAnsweredWithWhatTheFirstTimeDid() {
        TransactionResult first = commit(0, append(ORDERS, 0, "a"), append(AUDIT, 0, "b"));
        world.shard.crash(new Random(1));
        TransactionResult again = commit(0, append(ORDERS, 0, "a"), append(AUDIT, 0, "b"));
        assertThat(again.duplicate()).isTrue();
        assertThat(again.results()).isEqualTo(first.results());
        assertThat(again.appendTimeMs()).isEqualTo(first.appendTimeMs());
        assertThat(world.values(ORDERS, 0)).containsExactly("a");
    }

    @Test
    void aRepetitionInTheSameTurnIsRecognisedToo() {
        CompletableFuture<TransactionResult> first =
                world.submit(world.transaction("billing", identity, 0, append(ORDERS, 0, "a")));
        CompletableFuture<TransactionResult> again =
                world.submit(world.transaction("billing", identity, 0, append(ORDERS, 0, "a")));
        world.shard.runAndSync();
        assertThat(first.join().duplicate()).isFalse();
        assertThat(again.join().duplicate()).isTrue();
        assertThat(again.join().results()).isEqualTo(first.join().results());
        assertThat(world.values(ORDERS, 0)).containsExactly("a");
    }

    @Test
    void whatWasOvertakenIsRefused() {
        commit(5, append(ORDERS, 0, "a"));
        assertThat(refused(4, append(ORDERS, 0, "b")).fault()).isEqualTo(Fault.OUT_OF_ORDER_SEQUENCE);
        assertThat(world.values(ORDERS, 0)).containsExactly("a");
    }

    @Test
    void anOlderEpochIsFencedAlsoAfterARestart() {
        commit(0, append(ORDERS, 0, "a"));
        Identity next = world.init("billing");
        assertThat(next.producerId()).isEqualTo(identity.producerId());
        assertThat(next.epoch()).isEqualTo(identity.epoch() + 1);
        assertThat(refused(1, append(ORDERS, 0, "b")).fault()).isEqualTo(Fault.FENCED_PRODUCER);
        world.shard.crash(new Random(1));
        assertThat(refused(1, append(ORDERS, 0, "b")).fault()).isEqualTo(Fault.FENCED_PRODUCER);
        assertThat(refused(0, append(ORDERS, 0, "a")).fault())
                .as("also a repetition: the new owner must be able to rely on it")
                .isEqualTo(Fault.FENCED_PRODUCER);
        world.ask(world.transaction("billing", next, 0, append(ORDERS, 0, "c")));
        assertThat(world.values(ORDERS, 0)).containsExactly("a", "c");
    }

    @Test
    void nobodyTakesBackWhatAnotherTookOver() {
        world.init("billing");
        assertThat(world.refusal(new InitTransactions("billing", identity.epoch())))
                .isEqualTo(Fault.FENCED_PRODUCER);
    }

    @Test
    void anIdThatWasNotUsedForLongIsForgotten() {
        world.shard.nowMs += 1_000_000;
        world.ask(new Maintain(-1, -1, 500_000));
        assertThat(refused(0, append(ORDERS, 0, "a")).fault()).isEqualTo(Fault.UNKNOWN_PRODUCER);
        world.shard.crash(new Random(1));
        assertThat(refused(0, append(ORDERS, 0, "a")).fault()).isEqualTo(Fault.UNKNOWN_PRODUCER);
    }

    @Test
    void aTopicDeletedInTheSameTurnRefusesTheWhole() {
        world.submit(new DeleteTopic("audit"));
        assertThat(refused(0, append(ORDERS, 0, "a"), append(AUDIT, 0, "b")).fault())
                .isEqualTo(Fault.TOPIC_NOT_FOUND);
        assertThat(world.values(ORDERS, 0)).isEmpty();
    }

    @Test
    void timersAreReplacedAndCancelledInTheOrderOfTheOperations() {
        TransactionResult result = commit(
                0,
                new Operation.Schedule(TogetherWorld.after(5_000, "k", "first")),
                new Operation.Schedule(TogetherWorld.after(6_000, "k", "second")),
                new Operation.CancelTimer(new TimerRef(ORDERS, "k", 0, 0)),
                new Operation.CancelTimer(new TimerRef(ORDERS, "k", 0, 0)),
                new Operation.Schedule(TogetherWorld.after(7_000, "k", "third")));
        assertThat(result.results().get(1))
                .isInstanceOfSatisfying(
                        OperationResult.Scheduled.class,
                        scheduled -> assertThat(scheduled.replaced()).isTrue());
        assertThat(result.results().get(2)).isEqualTo(new OperationResult.Cancelled(true));
        assertThat(result.results().get(3)).isEqualTo(new OperationResult.Cancelled(false));
        world.passMs(8_000);
        assertThat(world.values(ORDERS, 0)).containsExactly("third");
    }

    @Test
    void afterACrashATransactionIsThereWholeOrNotAtAll() {
        for (long seed = 1; seed <= 200; seed++) {
            Random random = new Random(seed);
            TogetherWorld crashing = new TogetherWorld();
            Identity owner = crashing.init("x");
            for (int sequence = 0; sequence < 5; sequence++) {
                crashing.submit(crashing.transaction(
                        "x", owner, sequence, append(ORDERS, 0, "o" + sequence), append(AUDIT, 0, "a" + sequence)));
                crashing.shard.run();
                if (random.nextInt(3) == 0) {
                    crashing.shard.sync();
                }
            }
            crashing.shard.crash(random);
            List<String> orders = crashing.values(ORDERS, 0);
            List<String> audit = crashing.values(AUDIT, 0);
            assertThat(audit.stream().map(value -> value.replace("a", "o")))
                    .as("seed " + seed)
                    .isEqualTo(orders);
        }
    }
}
