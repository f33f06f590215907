package dev.millrace.client.internal;

import dev.millrace.client.Codec;
import dev.millrace.client.ConsumerBuilder;
import dev.millrace.client.Message;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TypedTopic;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Encodes and decodes around a producer and a consumer. */
record NativeTypedTopic<K, V>(
        String name, Codec<K> keys, Codec<V> values, Supplier<Producer> producer, Supplier<ConsumerBuilder> consumer)
        implements TypedTopic<K, V> {
    @Override
    public Receipt publish(K key, V value) {
        return producer.get().publish(message(key, value));
    }

    @Override
    public CompletableFuture<Receipt> publishAsync(K key, V value) {
        return producer.get().publishAsync(message(key, value));
    }

    @Override
    public Message message(K key, V value) {
        return Message.of(name, key == null ? null : keys.encode(key), value == null ? null : values.encode(value));
    }

    @Override
    public TypedMessage<K, V> decode(ReceivedMessage message) {
        return new TypedMessage<>(
                message.key() == null ? null : keys.decode(message.key()),
                message.value() == null ? null : values.decode(message.value()),
                message);
    }

    @Override
    public RunningConsumer subscribe(StartFrom from, TypedHandler<K, V> handler) {
        return consumer.get().topics(name).from(from).start(handler(handler));
    }
}
