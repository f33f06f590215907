package dev.millrace.core.wire;

/** Names of the schema registry, which broker and registry agree on. */
public final class SchemaNames {
    /** The internal topic, of one partition, that holds all that the registry knows, for ever. */
    public static final String TOPIC = "$schemas.registry";

    private SchemaNames() {}
}
