/** Numbers for Prometheus: what is counted on the hot path, and what is asked of the broker at each scrape. */
package dev.millrace.server.metrics;
