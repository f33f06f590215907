/** Spans of what a client does, told to the application's OpenTelemetry; the only package that names its API. */
package dev.millrace.client.otel;
