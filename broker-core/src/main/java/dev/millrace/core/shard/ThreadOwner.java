package dev.millrace.core.shard;

/** Holds the rule "one owner thread for each mutable thing": bound to the first thread that asserts, until released. */
public final class ThreadOwner {
    private final String name;
    private Thread owner;

    public ThreadOwner(String name) {
        this.name = name;
    }

    /** Fails: {@link IllegalStateException} when another thread owns what this guards. */
    public void assertCurrent() {
        Thread current = Thread.currentThread();
        if (owner == null) {
            owner = current;
        }
        if (owner != current) {
            throw new IllegalStateException(
                    name + " belongs to thread " + owner.getName() + ", not " + current.getName());
        }
    }

    /** Hands what this guards to the next thread that asserts; the caller makes sure that this one is done. */
    public void release() {
        owner = null;
    }
}
