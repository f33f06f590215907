package dev.millrace.server.schema;

import java.util.List;

/** A request that the registry refuses, with the error code that clients of such registries know. */
public final class SchemaRefusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    public static final int SUBJECT_NOT_FOUND = 40401;
    public static final int VERSION_NOT_FOUND = 40402;
    public static final int SCHEMA_NOT_FOUND = 40403;
    public static final int SUBJECT_SOFT_DELETED = 40404;
    public static final int SUBJECT_NOT_SOFT_DELETED = 40405;
    public static final int VERSION_SOFT_DELETED = 40406;
    public static final int VERSION_NOT_SOFT_DELETED = 40407;
    public static final int SUBJECT_CONFIG_NOT_FOUND = 40408;
    public static final int SUBJECT_MODE_NOT_FOUND = 40409;
    public static final int INCOMPATIBLE = 409;
    public static final int INVALID_SCHEMA = 42201;
    public static final int INVALID_VERSION = 42202;
    public static final int INVALID_COMPATIBILITY = 42203;
    public static final int INVALID_MODE = 42204;
    public static final int OPERATION_NOT_PERMITTED = 42205;
    public static final int REFERENCE_EXISTS = 42206;
    public static final int ID_DOES_NOT_MATCH = 42207;
    public static final int INVALID_SUBJECT = 42208;
    public static final int SCHEMA_TOO_LARGE = 42209;
    public static final int LIMIT_REACHED = 42290;
    public static final int STORE_ERROR = 50001;

    private final int code;
    private final transient List<Violation> violations;

    public SchemaRefusal(int code, String message) {
        this(code, message, List.of());
    }

    SchemaRefusal(int code, String message, List<Violation> violations) {
        super(message, null, false, false);
        this.code = code;
        this.violations = violations;
    }

    /** The error code; its first three digits are the HTTP status. */
    public int code() {
        return code;
    }

    public int status() {
        return code >= 10_000 ? code / 100 : code;
    }

    /** Why a schema is incompatible; empty for other refusals. */
    public List<Violation> violations() {
        return violations;
    }
}
