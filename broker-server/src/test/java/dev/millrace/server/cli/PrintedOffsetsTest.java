package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.GroupConsumer;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PrintedOffsetsTest {
    private static final TopicPartition P0 = new TopicPartition("t", 0);
    private static final TopicPartition P1 = new TopicPartition("t", 1);

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Commits commits = new Commits();
    private final PrintedOffsets printed = new PrintedOffsets(new PrintStream(err, true, StandardCharsets.UTF_8));

    @BeforeEach
    void attach() {
        printed.attach(commits);
    }

    @Test
    void oneCommitIsOnItsWayAtATime() {
        printed.printed(List.of(message(0, 1)));
        printed.printed(List.of(message(0, 2)));
        assertThat(commits.running).hasSize(1);
        commits.running.get(0).complete(null);
        printed.printed(List.of(message(0, 3)));
        assertThat(commits.running).hasSize(2);
    }

    @Test
    void theEndCommitsAllThatWasPrintedAndNoMore() {
        printed.printed(List.of(message(0, 5), message(1, 8), message(0, 6)));
        printed.printedLast(List.of(message(1, 9)));
        printed.commit();
        assertThat(commits.waited).containsExactly(Map.of(P0, 7L, P1, 10L));
    }

    @Test
    void whatLeavesIsCommittedBeforeItGoesAndNotAgain() {
        printed.printed(List.of(message(0, 5), message(1, 8)));
        printed.onRevoked(List.of(P1, new TopicPartition("t", 2)));
        assertThat(commits.waited).containsExactly(Map.of(P1, 9L));
        printed.commit();
        assertThat(commits.waited).containsExactly(Map.of(P1, 9L), Map.of(P0, 6L));
    }

    @Test
    void whatIsLostIsNotCommitted() {
        printed.printed(List.of(message(0, 5), message(1, 8)));
        printed.onLost(List.of(P0, P1));
        printed.commit();
        assertThat(commits.waited).isEmpty();
    }

    @Test
    void aTakeOverIsAWarningAndOtherFailuresFail() {
        printed.printed(List.of(message(0, 5)));
        commits.failure = new MillraceException(Fault.FENCED_MEMBER, "epoch 3 of member m is over");
        printed.commit();
        assertThat(err.toString(StandardCharsets.UTF_8))
                .startsWith("warning: ")
                .contains("will be read again", "epoch 3 of member m is over");
        commits.failure = new MillraceException(Fault.TIMED_OUT, "no answer");
        assertThatThrownBy(printed::commit).isSameAs(commits.failure);
    }

    @Test
    void saysWhenMessagesAreMissed() {
        printed.onOffsetReset(P0, 5, 100);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualTo("warning: t/0 no longer holds offset 5; going on at 100.\n");
    }

    private static ReceivedMessage message(int partition, long offset) {
        return new ReceivedMessage("t", partition, offset, 0, null, null, List.of());
    }

    /** A consumer that only remembers commits. */
    private static final class Commits implements GroupConsumer {
        @Override
        public String group() {
            return "g";
        }

        private final List<Map<TopicPartition, Long>> waited = new ArrayList<>();
        private final List<CompletableFuture<Void>> running = new ArrayList<>();
        private MillraceException failure;

        @Override
        public void commit(Map<TopicPartition, Long> nextOffsets) {
            if (failure != null) throw failure;
            waited.add(nextOffsets);
        }

        @Override
        public CompletableFuture<Void> commitAsync() {
            running.add(new CompletableFuture<>());
            return running.get(running.size() - 1);
        }

        @Override
        public void commit() {
            throw new AssertionError("would commit what is not printed yet");
        }

        @Override
        public List<ReceivedMessage> poll(Duration timeout) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String memberId() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Set<TopicPartition> assignment() {
            throw new UnsupportedOperationException();
        }

        @Override
        public long position(TopicPartition partition) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long endOffset(TopicPartition partition) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean caughtUp() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void pause(Collection<TopicPartition> partitions) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void resume(Collection<TopicPartition> partitions) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void seek(TopicPartition partition, long offset) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }
}
