package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A close amid use ends each use with a result or a {@link StoreException}; unguarded it would end the process. */
final class RocksCloseTest {
    private static final int ROUND_COUNT = 5;
    private static final int THREAD_COUNT = 6;

    @TempDir
    Path directory;

    @Test
    void closesSafelyUnderReadsAndSyncs() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREAD_COUNT);
        try {
            for (int round = 0; round < ROUND_COUNT; round++) {
                closeAmidUse(threads, round);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void waitsForAScanInProgress() throws InterruptedException {
        RocksStore store = RocksStore.open(directory.resolve("s"), StoreOptions.defaults());
        WriteSink sink = store.begin();
        sink.put(Table.META, new byte[] {1}, new byte[100]);
        store.commit(sink);
        Thread closer = new Thread(store::close);
        store.scan(Table.META, new byte[0], new byte[] {2}, (key, value) -> {
            closer.start();
            while (closer.getState() != Thread.State.WAITING) {
                assertThat(closer.getState()).as("close went on amid a scan").isNotEqualTo(Thread.State.TERMINATED);
                Thread.onSpinWait();
            }
            return true;
        });
        closer.join();
    }

    private void closeAmidUse(ExecutorService threads, int round) throws InterruptedException, ExecutionException {
        RocksStore store = RocksStore.open(directory.resolve("s"), StoreOptions.defaults());
        WriteSink sink = store.begin();
        sink.put(Table.META, new byte[] {1}, new byte[100]);
        for (int n = 0; n < 50; n++) {
            sink.appendChunk(round, 1, n, ByteBuffer.allocateDirect(4096));
        }
        store.commit(sink);
        CountDownLatch busy = new CountDownLatch(THREAD_COUNT);
        List<Future<String>> users = new ArrayList<>();
        for (int thread = 0; thread < THREAD_COUNT; thread++) {
            int kind = thread % 3;
            users.add(threads.submit(() -> useUntilClosed(store, kind, round, busy)));
        }
        busy.await();
        store.close();
        for (Future<String> user : users) {
            assertThat(user.get()).contains("store is closed");
        }
    }

    private static String useUntilClosed(Store store, int kind, int generation, CountDownLatch busy) {
        try {
            for (int n = 0; ; n++) {
                switch (kind) {
                    case 0 -> store.scanLog(generation, 1, 0, (last, chunk) -> chunk.remaining() == 4096);
                    case 1 -> store.sync();
                    default -> {
                        assertThat(store.get(Table.META, new byte[] {1})).hasSize(100);
                        store.stats();
                    }
                }
                if (n == 3) {
                    busy.countDown();
                }
            }
        } catch (StoreException e) {
            return e.getMessage();
        }
    }
}
