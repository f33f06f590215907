package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.Receipt;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/**
 * Hears how one message ended, once. Thread: what blocks its caller on the loop, all others on the callbacks' thread, or the
 * publisher's own where the message could not be taken.
 */
sealed interface Waiter {
    void succeed(Receipt receipt);

    void fail(MillraceException cause);

    /** Whether it blocks a thread of its own, which the loop may wake by itself: others' code must not run there. */
    default boolean blocksCaller() {
        return false;
    }

    /** For a caller that waits in {@link dev.millrace.client.Producer#publish}, or a future that the application got. */
    final class Future extends CompletableFuture<Receipt> implements Waiter {
        private final boolean blocksCaller;

        Future(boolean blocksCaller) {
            this.blocksCaller = blocksCaller;
        }

        @Override
        public void succeed(Receipt receipt) {
            complete(receipt);
        }

        @Override
        public void fail(MillraceException cause) {
            completeExceptionally(cause);
        }

        @Override
        public boolean blocksCaller() {
            return blocksCaller;
        }
    }

    /** The application's own code. What it throws must not keep the others of its batch from hearing. */
    record Callback(BiConsumer<? super Receipt, ? super MillraceException> whenDone) implements Waiter {
        private static final System.Logger LOG = System.getLogger("dev.millrace.client");

        @Override
        public void succeed(Receipt receipt) {
            tell(receipt, null);
        }

        @Override
        public void fail(MillraceException cause) {
            tell(null, cause);
        }

        private void tell(Receipt receipt, MillraceException cause) {
            try {
                whenDone.accept(receipt, cause);
            } catch (Throwable thrown) {
                LOG.log(System.Logger.Level.WARNING, "publish.callback_failed the callback of a publish threw", thrown);
            }
        }
    }
}
