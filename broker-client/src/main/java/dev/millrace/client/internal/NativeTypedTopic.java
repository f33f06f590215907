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
import dev.millrace.core.record.RecordHeader;
import java.util.ArrayList;
import java.util.List;
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
        Codec.Encoded nothing = new Codec.Encoded(null, List.of());
        Codec.Encoded encodedKey = key == null ? nothing : keys.encode(new Codec.Place(name, true), key);
        Codec.Encoded encoded = value == null ? nothing : values.encode(new Codec.Place(name, false), value);
        List<RecordHeader> headers = new ArrayList<>(encodedKey.headers());
        headers.addAll(encoded.headers());
        return new Message(name, encodedKey.bytes(), encoded.bytes(), headers, -1, -1);
    }

    @Override
    public TypedMessage<K, V> decode(ReceivedMessage message) {
        return new TypedMessage<>(
                message.key() == null
                        ? null
                        : keys.decode(new Codec.Place(message.topic(), true), message.key(), message.headers()),
                message.value() == null
                        ? null
                        : values.decode(new Codec.Place(message.topic(), false), message.value(), message.headers()),
                message);
    }

    @Override
    public RunningConsumer subscribe(StartFrom from, TypedHandler<K, V> handler) {
        return consumer.get().topics(name).from(from).start(handler(handler));
    }
}
