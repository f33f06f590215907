/** HTTP: /metrics, /health/live and /health/ready for operators, the schema registry for serializers, the broker as JSON. */
package dev.millrace.server.protocol.http;
