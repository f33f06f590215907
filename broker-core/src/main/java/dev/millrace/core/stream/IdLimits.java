package dev.millrace.core.stream;

/**
 * How much memory the ids of events take. More ids than fit are looked up on the disk, which takes longer.
 *
 * @param epochIdsMax after so many ids another epoch begins: locators of 16 MiB at most are in memory, usually of one epoch
 * @param filterBytesMax filters of older ids, two bytes an id
 */
public record IdLimits(int epochIdsMax, long filterBytesMax) {
    /** 16 MiB for the newest million ids, twice that for moments, and 64 MiB for thirty millions before. */
    public static final IdLimits DEFAULT = new IdLimits(1 << 20, 64L << 20);

    public IdLimits {
        if (epochIdsMax < 1 || epochIdsMax > IdLocator.NUMBERS_MAX) {
            throw new IllegalArgumentException(
                    "epochIdsMax=" + epochIdsMax + " is out of range: use 1 to " + IdLocator.NUMBERS_MAX);
        }
        if (filterBytesMax < 0) {
            throw new IllegalArgumentException("filterBytesMax=" + filterBytesMax + " is negative: use 0 or more");
        }
    }
}
