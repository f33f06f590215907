package dev.millrace.client;

/** Options of a consumer without a group. */
public interface ConsumerBuilder {
    /** Topics, or wildcards: {@code orders.*} one level, {@code orders.>} all below; matched when the consumer opens. */
    ConsumerBuilder topics(String... namesOrPatterns);

    /** Only these partitions of each topic. Default all. */
    ConsumerBuilder partitions(int... partitions);

    /** Default {@link StartFrom#latest()}. */
    ConsumerBuilder from(StartFrom start);

    /** Memory for messages that wait to be handed out. Default 32 MiB. */
    ConsumerBuilder bufferSize(int bytes);

    /** The most messages that one poll returns. Default 1000. */
    ConsumerBuilder pollMax(int messages);

    /** Pull style. */
    Consumer open();

    /** Handler style: calls the handler from one thread, in order; stops at the first exception that it throws. */
    RunningConsumer start(MessageHandler handler);
}
