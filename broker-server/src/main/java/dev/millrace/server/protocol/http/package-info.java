/** HTTP: /metrics, /health/live and /health/ready for operators, the schema registry for serializers. */
package dev.millrace.server.protocol.http;
