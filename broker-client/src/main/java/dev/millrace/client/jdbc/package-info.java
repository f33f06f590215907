/** Effects in a SQL database exactly once: an inbox for what comes in, an outbox relay for what goes out, tables of projections. */
package dev.millrace.client.jdbc;
