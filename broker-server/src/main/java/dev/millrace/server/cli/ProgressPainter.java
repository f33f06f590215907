package dev.millrace.server.cli;

import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** Redraws a {@link ProgressBar} on a terminal a few times a second until closed, then wipes it. */
final class ProgressPainter implements AutoCloseable {
    private static final long REDRAW_MS = 200;
    private static final int COLUMNS_DEFAULT = 80;
    private static final String WIPE = "\r\u001b[K";

    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    private ProgressPainter(Runnable paint, PrintStream err) {
        thread = new Thread(() -> run(paint, err), "millrace-progress");
        thread.setDaemon(true);
        thread.start();
    }

    static ProgressPainter start(Session session, Supplier<ProgressBar.Moment> moment) {
        return start(session, columns -> ProgressBar.render(moment.get(), columns));
    }

    static ProgressPainter startBytes(Session session, Supplier<ProgressBar.Bytes> work) {
        return start(session, columns -> ProgressBar.render(work.get(), columns));
    }

    /** For work whose progress is a text of its own. */
    static ProgressPainter startLine(Session session, Supplier<String> text) {
        return start(session, columns -> {
            String line = text.get();
            return line.length() <= columns ? line : line.substring(0, columns);
        });
    }

    private static ProgressPainter start(Session session, IntFunction<String> line) {
        int columns = session.terminal().columns();
        // The last column stays free, else some terminals wrap.
        int width = (columns == 0 ? COLUMNS_DEFAULT : columns) - 1;
        Runnable paint = () -> {
            session.err().print(WIPE + line.apply(width));
            session.err().flush();
        };
        return new ProgressPainter(paint, session.err());
    }

    private void run(Runnable paint, PrintStream err) {
        try {
            while (!closed.await(REDRAW_MS, TimeUnit.MILLISECONDS)) paint.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        err.print(WIPE);
        err.flush();
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
