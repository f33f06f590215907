package dev.millrace.core.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Collects what a check finds, and how far it is.
 *
 * <p>Thread: the check's; {@link #doneBytes} and {@link #totalBytes} any.
 */
public final class Findings {
    private static final int KEPT_MAX = 1000;

    private final List<Damage> damages = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final AtomicLong totalBytes = new AtomicLong();
    private final AtomicLong doneBytes = new AtomicLong();
    private long damageCount;

    /** Something is damaged. The first {@value #KEPT_MAX} are kept, all are counted. */
    public void damaged(Damage damage) {
        damageCount++;
        if (damages.size() < KEPT_MAX) {
            damages.add(damage);
        }
    }

    /** Something that a person should know, and that is no damage. */
    public void note(String note) {
        if (notes.size() < KEPT_MAX) {
            notes.add(note);
        }
    }

    public void expectBytes(long bytes) {
        totalBytes.addAndGet(bytes);
    }

    public void advance(long bytes) {
        doneBytes.addAndGet(bytes);
    }

    public List<Damage> damages() {
        return List.copyOf(damages);
    }

    /** May be more than there are {@link #damages}. */
    public long damageCount() {
        return damageCount;
    }

    public List<String> notes() {
        return List.copyOf(notes);
    }

    public long totalBytes() {
        return totalBytes.get();
    }

    public long doneBytes() {
        return doneBytes.get();
    }
}
