/**
 * The record batch format (Kafka's version 2, "magic 2"): on the native wire, on the Kafka wire and on disk.
 *
 * <p>Imports {@code java.*} only. Codecs that need a library live in {@code dev.millrace.core.compression} and are found
 * when they are first used.
 */
package dev.millrace.core.record;
