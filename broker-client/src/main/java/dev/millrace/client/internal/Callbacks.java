package dev.millrace.client.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Runs what users hang on futures, so that their code never holds up the loop. One thread, only while there is work. */
final class Callbacks implements Executor {
    private final ExecutorService thread;
    private volatile Thread current;

    Callbacks() {
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "millrace-callbacks");
                    thread.setDaemon(true);
                    current = thread;
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        // After the end, outcomes must still reach those who wait for them.
        executor.setRejectedExecutionHandler((task, closed) -> task.run());
        thread = executor;
    }

    @Override
    public void execute(Runnable task) {
        thread.execute(task);
    }

    boolean isCurrentThread() {
        return Thread.currentThread() == current;
    }

    void close() {
        thread.shutdown();
    }
}
