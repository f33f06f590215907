package dev.millrace.client;

import java.util.concurrent.CompletableFuture;

/** A topic in terms of objects; see {@link MillraceClient#topic}. <em>Thread:</em> any. */
public interface TypedTopic<K, V> {
    /** A message with its objects. Key and value may be null. */
    record TypedMessage<K, V>(K key, V value, ReceivedMessage raw) {}

    /** Handles one typed message. */
    @FunctionalInterface
    interface TypedHandler<K, V> {
        void handle(TypedMessage<K, V> message) throws Exception;
    }

    /** Publishes and waits until the message is on disk. */
    Receipt publish(K key, V value);

    CompletableFuture<Receipt> publishAsync(K key, V value);

    /** The message for a producer of your own, to add headers or a timestamp. */
    Message message(K key, V value);

    TypedMessage<K, V> decode(ReceivedMessage message);

    /**
     * The handler for {@link GroupBuilder#start} and {@link ConsumerBuilder#start}; throws {@link UndecodableException}
     * for a message that the codecs do not understand.
     */
    default MessageHandler handler(TypedHandler<K, V> typed) {
        return message -> {
            TypedMessage<K, V> decoded;
            try {
                decoded = decode(message);
            } catch (RuntimeException e) {
                throw new UndecodableException(message, e);
            }
            typed.handle(decoded);
        };
    }

    /** Hands every message from the start on to the handler, without a group. */
    RunningConsumer subscribe(StartFrom from, TypedHandler<K, V> handler);
}
