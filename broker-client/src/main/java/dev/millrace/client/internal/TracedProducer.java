package dev.millrace.client.internal;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.client.Telemetry;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/**
 * A producer of which telemetry hears: it is told the outcome before the application is, in the thread that the application
 * hears it in. Thread: any.
 */
record TracedProducer(Producer producer, Outbound outbound) implements Producer {
    @Override
    public Receipt publish(Message message) {
        Outbound.Begun<Message> begun = outbound.begin(message);
        Receipt receipt;
        try {
            receipt = producer.publish(begun.outgoing());
        } catch (RuntimeException | Error failure) {
            begun.publishing().failed(failure);
            throw failure;
        }
        begun.publishing().succeeded(receipt);
        return receipt;
    }

    @Override
    public CompletableFuture<Receipt> publishAsync(Message message) {
        Outbound.Begun<Message> begun = outbound.begin(message);
        CompletableFuture<Receipt> receipt;
        try {
            receipt = producer.publishAsync(begun.outgoing());
        } catch (RuntimeException | Error failure) {
            begun.publishing().failed(failure);
            throw failure;
        }
        return told(receipt, begun.publishing());
    }

    /** A future of its own, so that nobody who waits for it is earlier than telemetry, and failures come unwrapped. */
    private static CompletableFuture<Receipt> told(
            CompletableFuture<Receipt> receipt, Telemetry.Publishing publishing) {
        CompletableFuture<Receipt> told = new CompletableFuture<>();
        receipt.whenComplete((given, failure) -> {
            if (failure == null) {
                publishing.succeeded(given);
                told.complete(given);
            } else {
                publishing.failed(failure);
                told.completeExceptionally(failure);
            }
        });
        return told;
    }

    @Override
    public void publishAsync(Message message, BiConsumer<? super Receipt, ? super MillraceException> whenDone) {
        Objects.requireNonNull(whenDone, "whenDone");
        Outbound.Begun<Message> begun = outbound.begin(message);
        try {
            producer.publishAsync(begun.outgoing(), (receipt, failure) -> {
                if (failure == null) {
                    begun.publishing().succeeded(receipt);
                } else {
                    begun.publishing().failed(failure);
                }
                whenDone.accept(receipt, failure);
            });
        } catch (RuntimeException | Error failure) {
            begun.publishing().failed(failure);
            throw failure;
        }
    }

    @Override
    public void flush() {
        producer.flush();
    }

    @Override
    public void close() {
        producer.close();
    }
}
