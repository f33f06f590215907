package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.storage.StoreException.Kind;
import dev.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The test store loses what it may lose, keeps what it must keep, and fails when told to. */
final class MemoryStoreTest {
    private final MemoryStore store = new MemoryStore();

    @Test
    void losesWhatWasNotSyncedAndNothingElse() {
        commit(1);
        commit(2);
        long synced = store.sync();
        commit(3);
        assertThat(rows(store)).containsExactlyInAnyOrder(1, 2, 3);
        MemoryStore after = store.crash();
        assertThat(rows(after)).containsExactlyInAnyOrder(1, 2);
        assertThat(chunks(after)).containsExactlyInAnyOrder(1, 2);
        assertThat(after.committedSequence()).isEqualTo(synced);
        assertThat(after.unsyncedCommitCount()).isZero();
    }

    @Test
    void keepsSomePrefixOfTheUnsyncedCommitsWhenAskedTo() {
        Set<Integer> keptCounts = new HashSet<>();
        Random random = new Random(Seeds.next());
        for (int round = 0; round < 100; round++) {
            MemoryStore each = new MemoryStore();
            for (int n = 0; n < 5; n++) {
                commit(each, n);
                if (n == 1) {
                    each.sync();
                }
            }
            Set<Integer> kept = rows(each.crash(random));
            assertThat(kept).contains(0, 1);
            for (int n : kept) {
                assertThat(n).as("no holes").isLessThan(kept.size());
            }
            keptCounts.add(kept.size());
        }
        assertThat(keptCounts).containsExactlyInAnyOrder(2, 3, 4, 5);
    }

    @Test
    void refusesEveryUseAfterACrash() {
        store.crash();
        assertFails(Kind.IO, store::begin).hasMessageContaining("crashed");
        assertFails(Kind.IO, store::sync).hasMessageContaining("crashed");
        assertFails(Kind.IO, () -> store.get(Table.META, new byte[1])).hasMessageContaining("crashed");
        store.close();
    }

    @Test
    void refusesWritesAfterAnInjectedSyncFailure() {
        commit(1);
        store.failNextSync();
        assertFails(Kind.IO, store::sync).hasMessageContaining("injected");
        assertFails(Kind.IO, store::sync).hasMessageContaining("refused");
        assertFails(Kind.IO, () -> commit(2)).hasMessageContaining("refused");
        assertThat(rows(store)).as("reads go on").containsExactly(1);
        assertThat(rows(store.crash())).isEmpty();
    }

    @Test
    void refusesWritesAfterAnInjectedFullDisk() {
        commit(1);
        store.sync();
        store.failCommitsWithDiskFull();
        assertFails(Kind.DISK_FULL, () -> commit(2));
        assertFails(Kind.DISK_FULL, store::sync).hasMessageContaining("refused");
        store.close();
        assertThat(rows(store.reopen())).containsExactly(1);
    }

    @Test
    void reportsAStoreLeftOpenWithItsOpenersStack() {
        assertThatThrownBy(store::assertClosed)
                .isInstanceOf(AssertionError.class)
                .cause()
                .hasStackTraceContaining(MemoryStoreTest.class.getName());
        store.close();
        store.assertClosed();
    }

    @Test
    void reportsACloseDuringAScan() {
        commit(1);
        store.scanLog(0, 1, 0, (last, chunk) -> {
            assertThatThrownBy(store::close)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("scan");
            return true;
        });
        store.close();
        store.assertClosed();
    }

    private static AbstractThrowableAssert<?, ?> assertFails(Kind kind, ThrowingCallable call) {
        return assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }

    private void commit(int n) {
        commit(store, n);
    }

    private static void commit(Store store, int n) {
        WriteSink sink = store.begin();
        sink.put(Table.META, new byte[] {(byte) n}, new byte[] {(byte) n});
        sink.appendChunk(0, 1, n, ByteBuffer.allocateDirect(3));
        store.commit(sink);
    }

    private static Set<Integer> rows(Store store) {
        Set<Integer> rows = new HashSet<>();
        store.scan(Table.META, new byte[0], new byte[] {-1}, (key, value) -> rows.add((int) key[0]));
        return rows;
    }

    private static Set<Integer> chunks(Store store) {
        Set<Integer> offsets = new HashSet<>();
        store.scanLog(0, 1, 0, (last, chunk) -> offsets.add((int) last));
        return offsets;
    }
}
