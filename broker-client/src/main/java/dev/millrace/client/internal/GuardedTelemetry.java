package dev.millrace.client.internal;

import dev.millrace.client.MessageContext;
import dev.millrace.client.Receipt;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.Telemetry;
import dev.millrace.core.record.RecordHeader;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Lets nothing that telemetry throws change what becomes of messages: an exception after a commit would have it done twice,
 * one after a poll would lose what was polled. The first is told in the log. Thread: any.
 */
final class GuardedTelemetry implements Telemetry {
    private static final System.Logger LOG = System.getLogger("dev.millrace.client");

    private final Telemetry telemetry;
    private final AtomicBoolean told = new AtomicBoolean();

    GuardedTelemetry(Telemetry telemetry) {
        this.telemetry = telemetry;
    }

    @Override
    public Publishing publish(Outgoing outgoing) {
        return new GuardedPublishing(guarded(() -> telemetry.publish(outgoing), null));
    }

    @Override
    public List<RecordHeader> current() {
        return guarded(telemetry::current, List.of());
    }

    @Override
    public void received(List<ReceivedMessage> messages, String group, Instant since) {
        guarded(() -> telemetry.received(messages, group, since));
    }

    @Override
    public void process(ReceivedMessage message, String group, MessageContext.Work work) throws Exception {
        Once once = new Once(work);
        try {
            telemetry.process(message, group, once);
        } catch (Exception thrown) {
            if (thrown != once.failure) {
                tell(thrown);
            }
        }
        once.finish();
    }

    private <T> T guarded(Supplier<T> call, T otherwise) {
        try {
            return Objects.requireNonNull(call.get(), "telemetry answered null");
        } catch (RuntimeException thrown) {
            tell(thrown);
            return otherwise;
        }
    }

    private void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException thrown) {
            tell(thrown);
        }
    }

    private void tell(Exception thrown) {
        if (told.compareAndSet(false, true)) {
            LOG.log(System.Logger.Level.WARNING, "telemetry.failed; further failures are not told", thrown);
        }
    }

    private final class GuardedPublishing implements Publishing {
        /** Null where telemetry failed at once. */
        private final Publishing publishing;

        GuardedPublishing(Publishing publishing) {
            this.publishing = publishing;
        }

        @Override
        public List<RecordHeader> headers() {
            return publishing == null ? List.of() : guarded(publishing::headers, List.of());
        }

        @Override
        public void succeeded(Receipt receipt) {
            if (publishing != null) guarded(() -> publishing.succeeded(receipt));
        }

        @Override
        public void failed(Throwable cause) {
            if (publishing != null) guarded(() -> publishing.failed(cause));
        }
    }

    /** The outcome is the work's, whatever telemetry makes of it. */
    private static final class Once implements MessageContext.Work {
        private final MessageContext.Work work;
        private boolean ran;
        private Exception failure;

        Once(MessageContext.Work work) {
            this.work = work;
        }

        @Override
        public void run() throws Exception {
            ran = true;
            try {
                work.run();
            } catch (Exception thrown) {
                failure = thrown;
                throw thrown;
            }
        }

        void finish() throws Exception {
            if (!ran) {
                run();
            } else if (failure != null) {
                throw failure;
            }
        }
    }
}
