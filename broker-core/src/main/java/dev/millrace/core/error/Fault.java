package dev.millrace.core.error;

/**
 * Every way in which a request can fail, with what a caller may conclude and do.
 *
 * <p>The code travels in native error frames and never changes its meaning; new faults take new numbers. Each protocol
 * adapter maps all constants with a {@code switch} that has no {@code default}, so a new fault does not compile until
 * every protocol answers it.
 */
public enum Fault {
    // 1xxx: the request itself
    INVALID_REQUEST(1001, Retry.NO, "Correct the request; sending the same again fails again."),
    UNSUPPORTED_VERSION(1002, Retry.NO, "Use a client and a broker whose protocol versions overlap."),
    FRAME_TOO_LARGE(1003, Retry.NO, "Send smaller batches, or raise limits.frameSize on the broker."),
    MESSAGE_TOO_LARGE(1004, Retry.NO, "Send a smaller message, or raise limits.messageSize on the broker."),
    CORRUPT_BATCH(1005, Retry.NO, "Build the batch again; its checksum or its structure is wrong."),
    UNKNOWN_FRAME(1006, Retry.NO, "Upgrade the older side."),
    UNSUPPORTED_COMPRESSION(1007, Retry.NO, "Use none, gzip, snappy, lz4 or zstd."),
    SCHEMA_REFUSED(
            1008,
            Retry.NO,
            "Publish what fits a schema that is registered for the topic, and name its id; see millrace schema."),

    // 2xxx: topics and logs
    TOPIC_NOT_FOUND(2001, Retry.NO, "Create the topic, or correct its name."),
    TOPIC_EXISTS(2002, Retry.NO, "Use the existing topic, or choose another name."),
    INVALID_TOPIC(2003, Retry.NO, "Topic names are 1 to 249 of a-z A-Z 0-9 . _ - and hold no empty level."),
    INVALID_SETTING(2004, Retry.NO, "Correct the setting; the message names the allowed values."),
    PARTITION_NOT_FOUND(2005, Retry.NO, "Describe the topic to see its partitions."),
    OFFSET_OUT_OF_RANGE(2006, Retry.NO, "Start from earliest, from latest, or from a time."),
    LIMIT_REACHED(2007, Retry.NO, "Delete what is unused, or raise the limit that the message names."),

    // 21xx: event streams
    WRONG_EXPECTED_VERSION(
            2101, Retry.AFTER_REREAD, "Read the stream again, decide anew, and append with the version you read."),
    STREAM_NOT_FOUND(2102, Retry.NO, "Append to the stream first, or correct its key."),
    STREAM_DELETED(2103, Retry.NO, "Append to the stream to begin it anew; its versions go on."),
    STREAM_TOMBSTONED(2104, Retry.NO, "The stream has ended for good; use another key."),
    ID_CONFLICT(
            2105, Retry.NO, "Give each event an id of its own, and send a repeated append as it was the first time."),
    CONDITION_FAILED(
            2106, Retry.AFTER_REREAD, "Read the events that match again, decide anew, and append after what you read."),
    CROSS_PARTITION(2107, Retry.NO, "Append to streams of one partition at a time, or give the topic one partition."),
    TAG_LIMIT(2108, Retry.NO, "Give an event at most 16 tags of 1 to 256 bytes."),
    POSITION_GONE(2109, Retry.NO, "Start again from the earliest position that is left; the message names it."),
    INDEX_DISABLED(2110, Retry.NO, "Create a topic with stream.index=key, or key+tags."),
    BATCH_TOO_LARGE(2111, Retry.NO, "Append at most 1000 events and 4 MiB at a time."),

    // 3xxx: producers
    OUT_OF_ORDER_SEQUENCE(
            3001,
            Retry.NO,
            "A batch of this producer is missing before this one; close the producer and open a new one."),
    FENCED_PRODUCER(3002, Retry.NO, "A newer producer took over this id; stop this one."),
    UNKNOWN_PRODUCER(3003, Retry.NO, "The producer's state has expired; open a new producer."),
    TRANSACTION_ENDED(
            3004,
            Retry.NO,
            "Nothing of it was done. Begin a new transaction, commit sooner, or raise transactions.timeout."),
    PARTLY_PUBLISHED(
            3010,
            Retry.NO,
            "Send the records of this batch one by one; each is then appended, or answered with its first offset."),

    // 4xxx: consumer groups
    GROUP_NOT_FOUND(4001, Retry.NO, "Check the group's name with: millrace group list."),
    UNKNOWN_MEMBER(4002, Retry.NO, "Join the group again; the member's session has ended."),
    FENCED_MEMBER(4003, Retry.NO, "Another member holds these partitions now; join again and drop uncommitted work."),
    GROUP_NOT_EMPTY(4004, Retry.NO, "Stop the group's members first."),
    NOT_ASSIGNED(4005, Retry.NO, "Commit only partitions that are assigned to this member."),

    // 5xxx: the broker
    OVERLOADED(5001, Retry.YES, "Back off and retry; the broker's queue is full."),
    DISK_FULL(5002, Retry.YES, "Free disk space or lower retention; reads and commits go on meanwhile."),
    STORAGE_FAILED(
            5003, Retry.UNKNOWN_OUTCOME, "The disk failed; the broker stops. Check the disk, then restart the broker."),
    SHUTTING_DOWN(5004, Retry.YES, "Reconnect in a moment; the broker is stopping."),
    DATA_DAMAGED(
            5005,
            Retry.NO,
            "The data named in the message is damaged on disk; restore it, or skip past it on purpose."),
    TOO_MANY_CONNECTIONS(5006, Retry.YES, "Close unused connections, or raise limits.connections."),
    IDLE_TIMEOUT(5007, Retry.YES, "Reconnect; the connection was silent for too long."),
    INTERNAL(5099, Retry.UNKNOWN_OUTCOME, "This is a defect of the broker; report it with the broker's log."),

    // 6xxx: raised by clients, never sent by a broker
    CONNECT_FAILED(6001, Retry.YES, "Check that the broker runs and that the address is right."),
    TIMED_OUT(
            6002,
            Retry.UNKNOWN_OUTCOME,
            "It may or may not have been written: check before publishing it again, or raise the deadline."),
    CONNECTION_LOST(
            6003,
            Retry.UNKNOWN_OUTCOME,
            "It may or may not have been written: check before publishing it again, or raise the deadline."),
    CLIENT_CLOSED(6004, Retry.NO, "Open a new client."),
    BUFFER_FULL(6005, Retry.YES, "Publish slower, or raise the producer's buffer size.");

    /** What a caller may do after the fault. */
    public enum Retry {
        /** The same request fails again. Nothing was written. */
        NO("no"),
        /** The same request fails again; one that is decided anew, on what is there now, may succeed. Nothing was written. */
        AFTER_REREAD("reread"),
        /** The same request may succeed later. Nothing was written. */
        YES("yes"),
        /** It may or may not have been written; only the same batch of the same producer is safe to send again. */
        UNKNOWN_OUTCOME("unknown");

        private final String text;

        Retry(String text) {
            this.text = text;
        }

        /** As documents and answers say it. */
        @Override
        public String toString() {
            return text;
        }
    }

    private final int code;
    private final Retry retry;
    private final String remedy;

    Fault(int code, Retry retry, String remedy) {
        this.code = code;
        this.retry = retry;
        this.remedy = remedy;
    }

    /** The stable number: 1001..6999. */
    public int code() {
        return code;
    }

    public Retry retry() {
        return retry;
    }

    /** Whether the same request may succeed later. */
    public boolean retriable() {
        return retry == Retry.YES || retry == Retry.UNKNOWN_OUTCOME;
    }

    /** True where the write may have happened although the answer was an error. */
    public boolean outcomeUnknown() {
        return retry == Retry.UNKNOWN_OUTCOME;
    }

    /** What to do, as a full sentence for a person. */
    public String remedy() {
        return remedy;
    }

    /** The fault with this number, or {@link #INTERNAL} for a number of a newer version. */
    public static Fault ofCode(int code) {
        for (Fault fault : values()) {
            if (fault.code == code) {
                return fault;
            }
        }
        return INTERNAL;
    }
}
