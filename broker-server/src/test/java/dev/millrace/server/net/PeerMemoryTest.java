package dev.millrace.server.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PeerMemoryTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final EventExecutor loop = channel.eventLoop();
    private final List<String> cutOff = new ArrayList<>();
    private long nanos;
    private final PeerMemory memory = new PeerMemory(100, () -> nanos);

    @AfterEach
    void close() {
        channel.close();
    }

    private final class Peer implements PeerMemory.Holder {
        final String name;
        final PeerMemory.Holding holding = memory.open(loop, this);
        boolean moved;

        Peer(String name) {
            this.name = name;
        }

        Peer hold(long bytes) {
            holding.hold(bytes, false);
            return this;
        }

        @Override
        public boolean hasMoved() {
            return moved;
        }

        @Override
        public void cutOff() {
            cutOff.add(name);
        }
    }

    private void pass(long forNanos) {
        nanos += forNanos;
        channel.runPendingTasks();
        channel.advanceTimeBy(forNanos, TimeUnit.NANOSECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
    }

    @Test
    void cutsNobodyOffUpToTheLimit() {
        new Peer("a").hold(50);
        new Peer("b").hold(50);
        pass(2 * PeerMemory.GRACE_NANOS);
        assertThat(memory.bytes()).isEqualTo(100);
        assertThat(cutOff).isEmpty();
    }

    @Test
    void pastTheLimitTheLongestHolderGoesAfterItsGrace() {
        new Peer("a").hold(40);
        new Peer("b").hold(40);
        new Peer("c").hold(40);
        pass(PeerMemory.GRACE_NANOS - 1);
        assertThat(cutOff).isEmpty();
        pass(1);
        assertThat(cutOff).containsExactly("a");
        assertThat(memory.bytes()).isEqualTo(80);
        assertThat(memory.cutOff()).isEqualTo(1);
    }

    @Test
    void pastTwiceTheLimitThereIsNoGrace() {
        new Peer("a").hold(90);
        new Peer("b").hold(90);
        new Peer("c").hold(90);
        pass(0);
        assertThat(cutOff).containsExactly("a");
        pass(PeerMemory.GRACE_NANOS);
        assertThat(cutOff).containsExactly("a", "b");
        assertThat(memory.bytes()).isEqualTo(90);
    }

    @Test
    void noMoreGoThanItTakesToGetBelowTheLimit() {
        for (int i = 0; i < 10; i++) {
            new Peer("p" + i).hold(10);
        }
        new Peer("large").hold(25);
        pass(PeerMemory.GRACE_NANOS);
        assertThat(cutOff).containsExactly("p0", "p1", "p2");
    }

    @Test
    void whoMovesIsNotTheLongest() {
        Peer a = new Peer("a").hold(40);
        new Peer("b").hold(40);
        a.holding.hold(40, true);
        new Peer("c").hold(40);
        pass(PeerMemory.GRACE_NANOS);
        assertThat(cutOff).containsExactly("b");
    }

    @Test
    void aDripIsNoMovement() {
        Peer a = new Peer("a").hold(30);
        new Peer("b").hold(40);
        pass(PeerMemory.GRACE_NANOS);
        a.hold(31);
        new Peer("c").hold(40);
        pass(0);
        assertThat(cutOff).containsExactly("a");
    }

    @Test
    void whoHasMovedUnnoticedStaysAndTheNextGoes() {
        Peer a = new Peer("a").hold(40);
        a.moved = true;
        new Peer("b").hold(40);
        new Peer("c").hold(40);
        pass(PeerMemory.GRACE_NANOS);
        assertThat(cutOff).containsExactly("b");
    }

    @Test
    void whatIsLetGoOfInTimeIsFree() {
        Peer a = new Peer("a").hold(90);
        new Peer("b").hold(90);
        a.hold(0);
        pass(PeerMemory.GRACE_NANOS);
        assertThat(memory.bytes()).isEqualTo(90);
        assertThat(cutOff).isEmpty();
    }

    @Test
    void theFullerItIsTheLessEachGetsAhead() {
        PeerMemory large = new PeerMemory(128 << 20, () -> 0);
        assertThat(large.share()).isEqualTo(32 << 20);
        large.open(loop, new Peer("a")).hold(100 << 20, false);
        assertThat(large.share()).isEqualTo(7 << 20);
        large.open(loop, new Peer("b")).hold(60 << 20, false);
        assertThat(large.share()).isEqualTo(64 << 10);
    }
}
