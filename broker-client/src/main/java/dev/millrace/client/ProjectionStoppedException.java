package dev.millrace.client;

/** An event stopped a projection: says which, why, and how to go on. */
public final class ProjectionStoppedException extends RuntimeException {
    private final transient Position position;

    public ProjectionStoppedException(String projection, StoredEvent event, int attempts, Throwable cause) {
        super(
                "projection " + projection + " stopped at " + Position.of(event)
                        + (event.key() == null ? "" : ", key \"" + event.keyText() + "\"")
                        + (event.version() < 0 ? "" : ", version " + event.version())
                        + ", after " + attempts + (attempts == 1 ? " attempt: " : " attempts: ") + cause
                        + ". Nothing of this event was kept, and it is the next one of its key after a restart: mend"
                        + " the handler and start the projection again, or let it go on without this key with"
                        + " parkKeys().",
                cause);
        this.position = Position.of(event);
    }

    /** Of the event that could not be handled. */
    public Position position() {
        return position;
    }
}
