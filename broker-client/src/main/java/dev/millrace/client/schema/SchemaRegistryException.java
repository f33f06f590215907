package dev.millrace.client.schema;

import java.util.List;

/** The registry refused a request, or could not be asked. The message says what happened and what to do. */
public final class SchemaRegistryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** The code where no registry answered. */
    public static final int UNREACHABLE = 0;

    private final int code;
    private final transient List<Incompatibility> incompatibilities;

    /**
     * Why a schema is refused.
     *
     * @param path where in the schema, by names
     * @param older what the version compared with has there
     * @param newer what the new schema has there
     * @param direction BACKWARD: readers with the new schema, FORWARD: readers with the version compared with
     */
    public record Incompatibility(
            String path, String rule, String older, String newer, int againstVersion, String direction, String fix) {}

    SchemaRegistryException(int code, String message, List<Incompatibility> incompatibilities, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.incompatibilities = List.copyOf(incompatibilities);
    }

    /** The thread was interrupted; it is so again, for whoever stands above. */
    static SchemaRegistryException interrupted(String when, InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new SchemaRegistryException(UNREACHABLE, "interrupted " + when, List.of(), cause);
    }

    /** The registry's error code, such as 40401 or 409. */
    public int code() {
        return code;
    }

    /** Why a schema is incompatible; empty for other refusals. */
    public List<Incompatibility> incompatibilities() {
        return incompatibilities;
    }
}
