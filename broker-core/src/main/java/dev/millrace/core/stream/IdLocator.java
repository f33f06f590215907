package dev.millrace.core.stream;

/**
 * Tells for the hash of an event's id which numbers it may have within its epoch: an open hash table of one word an id, which
 * grows. Ids are counted from 0 in the order of their appends. Thread: shard.
 *
 * <pre>
 *  slot   43 bits of the hash, the first of them choose the slot │ 21 bits: number + 1, 0 in an empty slot
 * </pre>
 *
 * An id lies in the first free slot from the chosen one on. What 43 bits do not tell apart, the ids themselves do.
 */
final class IdLocator {
    /** One stored page of slots. */
    static final int PAGE_SLOTS = 512;

    static final int NUMBERS_MAX = (1 << 21) - 2;
    private static final long NUMBER_MASK = (1L << 21) - 1;
    /** A table fuller than this part, in eighths, is doubled. */
    private static final int FULL_EIGHTHS = 5;

    private static final int CAPACITY_MAX = 1 << 21;

    private long[] slots;
    private int count;

    /** Where slots are read from. */
    interface Slots {
        /** A power of two. */
        int capacity();

        long at(int index);
    }

    /** @param capacity a power of two of at least {@link #PAGE_SLOTS} */
    IdLocator(int capacity) {
        slots = new long[capacity];
    }

    /** What the table keeps of a hash. */
    static long kept(long hash) {
        return hash & ~NUMBER_MASK;
    }

    static int numberIn(long slot) {
        return (int) (slot & NUMBER_MASK) - 1;
    }

    static boolean isEmpty(long slot) {
        return slot == 0;
    }

    int count() {
        return count;
    }

    int capacity() {
        return slots.length;
    }

    long at(int index) {
        return slots[index];
    }

    void add(long hash, int number) {
        if (count >= (long) slots.length * FULL_EIGHTHS / 8 && slots.length < CAPACITY_MAX) {
            grow();
        }
        place(kept(hash) | number + 1);
        count++;
    }

    private void place(long slot) {
        int at = first(slot, slots.length);
        while (slots[at] != 0) {
            at = at + 1 & slots.length - 1;
        }
        slots[at] = slot;
    }

    private void grow() {
        long[] old = slots;
        slots = new long[2 * old.length];
        for (long slot : old) {
            if (slot != 0) {
                place(slot);
            }
        }
    }

    private static int first(long hash, int capacity) {
        return (int) (hash >>> 64 - Integer.numberOfTrailingZeros(capacity));
    }

    Slots inMemory() {
        return new Slots() {
            @Override
            public int capacity() {
                return slots.length;
            }

            @Override
            public long at(int index) {
                return slots[index];
            }
        };
    }

    /** Where {@link #lacks} will begin. */
    long firstSlot(long hash) {
        return slots[first(hash, slots.length)];
    }

    /** True where no slot tells of this hash: the usual answer. */
    boolean lacks(long hash) {
        long wanted = kept(hash);
        int mask = slots.length - 1;
        for (int at = first(hash, slots.length); slots[at] != 0; at = at + 1 & mask) {
            if (kept(slots[at]) == wanted) {
                return false;
            }
        }
        return true;
    }

    /** The numbers that may have this hash, newest last. */
    static int[] numbers(Slots slots, long hash) {
        int[] found = new int[1];
        int foundCount = 0;
        int mask = slots.capacity() - 1;
        int at = first(hash, slots.capacity());
        for (long slot = slots.at(at); slot != 0; slot = slots.at(at)) {
            if (kept(slot) == kept(hash)) {
                found = foundCount < found.length ? found : java.util.Arrays.copyOf(found, 2 * foundCount);
                found[foundCount++] = numberIn(slot);
            }
            at = at + 1 & mask;
        }
        int[] numbers = java.util.Arrays.copyOf(found, foundCount);
        java.util.Arrays.sort(numbers);
        return numbers;
    }
}
