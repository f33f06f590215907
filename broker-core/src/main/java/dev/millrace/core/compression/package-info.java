/**
 * Compression as Kafka clients write and read it, with bounded decompression: gzip from the JDK, snappy, lz4 and zstd
 * over optional libraries.
 */
package dev.millrace.core.compression;
