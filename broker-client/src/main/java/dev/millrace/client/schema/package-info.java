/**
 * Codecs for values whose schema is registered, and upcasters for events of older versions.
 *
 * <p>Avro, Protobuf and Jackson are optional: the application brings along what it uses.
 */
package dev.millrace.client.schema;
