/** The broker's own spans, of records whose publishers sample their trace, and their way to a collector. */
package dev.millrace.server.tracing;
