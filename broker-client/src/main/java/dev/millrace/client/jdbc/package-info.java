/** Effects in a SQL database exactly once: an inbox for what comes in, an outbox relay for what goes out. */
package dev.millrace.client.jdbc;
