package dev.millrace.core.storage;

/** The disk, or what lies on it, is not as it must be. The message names file, cause and remedy for a person. */
public final class StoreException extends RuntimeException {
    /** What kind of trouble, so that the caller can pick an exit code and a fault. */
    public enum Kind {
        /** Another process holds the data directory. */
        IN_USE,
        /** The data directory cannot be created or written. */
        NOT_WRITABLE,
        /** The data was written by another format version. */
        FORMAT_VERSION,
        /** No space left on the device. */
        DISK_FULL,
        /** Acknowledged data is missing at the end of the log. */
        LOST_TAIL,
        /** A checksum or structure on disk is wrong. */
        DAMAGED,
        /** Any other failed read, write or sync. */
        IO
    }

    private final transient Kind kind;

    public StoreException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public StoreException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
