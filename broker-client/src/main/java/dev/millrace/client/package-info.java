/**
 * The Java client of Millrace: publish, subscribe, consume as a group, administer.
 *
 * <p>Start at {@link dev.millrace.client.MillraceClient}. Everything here is thread-safe unless it says otherwise; every
 * failure is a {@link dev.millrace.client.MillraceException}.
 */
package dev.millrace.client;
