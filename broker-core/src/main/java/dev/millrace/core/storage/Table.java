package dev.millrace.core.storage;

/** The small ordered tables beside the log. Keys are big-endian so that byte order is number order. */
public enum Table {
    /** Topics, partitions, counters, format version: typed one-byte prefixes. */
    META,
    /** (partition u32, baseOffset u64) → where the offsets of one generation lie; one row a partition and generation. */
    SEGMENT,
    /** (partition u32, last offset u64) → largest timestamp since the row before; a row for each MiB or so. */
    TIME_INDEX,
    /** (partition u32, producer id u64) → epoch and last sequences. */
    PRODUCER,
    /** Groups, members and committed offsets. */
    GROUP,
    /** Transactional ids and publishers of timers → epoch, last sequence and what it answered. */
    TRANSACTION,
    /** (due u64, sequence u64) → a record that waits for its time. */
    TIMER,
    /** (topic id, timer key) → due and sequence of the pending timer with that key. */
    TIMER_KEY,
    /** (partition u32, key) → what is known of an event stream. */
    STREAM_HEAD,
    /** (partition u32, stream id u64, last version u64) → offsets and timestamps of a run of events. */
    STREAM_INDEX,
    /** (epoch u32, kind u8, number u32) → ids of events that were appended lately, and how they are found. */
    EVENT_ID,
    /** (partition u32, tag, offset u64) → the event's type, hashed. */
    STREAM_TAG,
    /** (partition u32, stream id u64, version u64) → a snapshot of a stream. */
    STREAM_SNAPSHOT,
    /** Dead letters of groups, attempts under way, and where a member was lost. */
    DEAD_LETTER,
    /** (partition u32, day u32, id) → where the record with this id lies; of topics with an id window. */
    PUBLISHED_ID
}
