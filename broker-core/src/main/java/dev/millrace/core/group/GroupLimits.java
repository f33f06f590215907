package dev.millrace.core.group;

/** How much groups may take. Units: milliseconds, characters, counts. */
public record GroupLimits(
        int groupCountMax,
        int memberCountMax,
        int patternCountMax,
        int sessionTimeoutMsMin,
        int sessionTimeoutMsMax,
        int metadataCharsMax) {
    /** Longest name of a group, member, instance or client, in characters. */
    public static final int NAME_CHARS_MAX = 249;

    public static final GroupLimits DEFAULT = new GroupLimits(100_000, 1_000, 100, 1_000, 1_800_000, 4_096);
}
