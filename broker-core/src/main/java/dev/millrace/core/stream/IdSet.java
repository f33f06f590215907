package dev.millrace.core.stream;

import java.util.HashSet;
import java.util.Set;
import java.util.UUID;

/** Tells whether an id stands twice in an append; holds one append at a time. */
final class IdSet {
    /** Past it ids that were made to collide would cost too much. */
    private static final int SMALL_COUNT_MAX = 1024;

    private final Event[] slots;
    private final Set<UUID> many;

    IdSet(int countMax) {
        many = countMax > SMALL_COUNT_MAX ? new HashSet<>() : null;
        slots = new Event[Math.max(2, Integer.highestOneBit(Math.min(countMax, SMALL_COUNT_MAX)) << 2)];
    }

    /** False where it was there before. */
    boolean add(Event event) {
        return many == null ? addToSlots(event) : many.add(event.id());
    }

    private boolean addToSlots(Event event) {
        int mask = slots.length - 1;
        long mixed = (event.idHigh ^ event.idLow) * 0x9e3779b97f4a7c15L;
        int at = (int) (mixed >>> 40) & mask;
        while (slots[at] != null) {
            if (slots[at].idHigh == event.idHigh && slots[at].idLow == event.idLow) {
                return false;
            }
            at = at + 1 & mask;
        }
        slots[at] = event;
        return true;
    }
}
