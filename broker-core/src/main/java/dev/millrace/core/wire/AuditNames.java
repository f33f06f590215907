package dev.millrace.core.wire;

/** Names of the audit log, which broker and tools agree on. */
public final class AuditNames {
    /** The internal topic of administrative changes, of one partition; written only where it was made. */
    public static final String TOPIC = "$audit.log";

    /** Headers of an event, for those who need not read its value. All values are text. */
    public static final String ACTION = "action";

    public static final String TARGET = "target";
    public static final String PROTOCOL = "protocol";
    public static final String CLIENT = "client";
    public static final String ADDRESS = "address";

    private AuditNames() {}
}
