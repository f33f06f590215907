package dev.millrace.core.record;

/** Chooses the partition of a key as Kafka's default partitioner does, so that all clients agree on it. */
public final class Murmur2 {
    private static final int SEED = 0x9747b28c;
    private static final int M = 0x5bd1e995;
    private static final int R = 24;

    private Murmur2() {}

    /** The partition of a key, from 0 to {@code partitionCount - 1}. */
    public static int partition(byte[] key, int partitionCount) {
        return (hash(key) & 0x7fffffff) % partitionCount;
    }

    /** The 32-bit murmur2 hash with Kafka's seed. */
    public static int hash(byte[] data) {
        int hash = SEED ^ data.length;
        int wordsEnd = data.length & ~3;
        for (int i = 0; i < wordsEnd; i += 4) {
            int word = (data[i] & 0xff)
                    | (data[i + 1] & 0xff) << 8
                    | (data[i + 2] & 0xff) << 16
                    | (data[i + 3] & 0xff) << 24;
            word *= M;
            word ^= word >>> R;
            hash = hash * M ^ word * M;
        }
        if (wordsEnd < data.length) {
            for (int i = data.length - 1; i >= wordsEnd; i--) {
                hash ^= (data[i] & 0xff) << 8 * (i - wordsEnd);
            }
            hash *= M;
        }
        hash ^= hash >>> 13;
        hash *= M;
        return hash ^ hash >>> 15;
    }
}
