package dev.millrace.client;

/** Where an event stands: what a publish or an append answers, and what a projection can be awaited to have passed. */
public record Position(String topic, int partition, long offset) {
    public static Position of(Receipt receipt) {
        return new Position(receipt.topic(), receipt.partition(), receipt.offset());
    }

    /** Of the last event that was appended; the result does not say to which topic. */
    public static Position of(String topic, AppendResult appended) {
        return new Position(topic, appended.partition(), appended.lastOffset());
    }

    public static Position of(StoredEvent event) {
        return new Position(event.topic(), event.partition(), event.offset());
    }

    public TopicPartition topicPartition() {
        return new TopicPartition(topic, partition);
    }

    @Override
    public String toString() {
        return topic + "/" + partition + "@" + offset;
    }
}
