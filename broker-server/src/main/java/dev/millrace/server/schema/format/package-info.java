/** Avro, JSON Schema and Protobuf: parsing, compatibility and checks of values. Knows nothing of subjects and ids. */
package dev.millrace.server.schema.format;
