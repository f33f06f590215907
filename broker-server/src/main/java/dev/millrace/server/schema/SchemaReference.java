package dev.millrace.server.schema;

/** @param version of the subject; never "latest", so that what a schema means does not change */
public record SchemaReference(String name, String subject, int version) {}
