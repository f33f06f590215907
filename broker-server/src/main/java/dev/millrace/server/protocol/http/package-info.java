/** HTTP for operators: /metrics, /health/live and /health/ready. */
package dev.millrace.server.protocol.http;
