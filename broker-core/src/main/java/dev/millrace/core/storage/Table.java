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
    /** Dead letters of groups, attempts under way, and where a member was lost. */
    DEAD_LETTER,
    /** (partition u32, day u32, id) → where the record with this id lies; of topics with an id window. */
    EVENT_ID
}
