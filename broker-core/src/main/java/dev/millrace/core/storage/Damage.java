package dev.millrace.core.storage;

/**
 * One thing that is not as it must be: in a file, or in a range of a partition's offsets.
 *
 * @param file relative to the directory that was checked, or null
 * @param log which offsets cannot be read, or null
 */
public record Damage(String file, LogRange log, String problem) {
    /** Offsets of one partition, both ends inclusive. */
    public record LogRange(String topic, int partition, long fromOffset, long toOffset) {}

    public static Damage ofFile(String file, String problem) {
        return new Damage(file, null, problem);
    }

    public static Damage ofLog(LogRange range, String problem) {
        return new Damage(null, range, problem);
    }
}
