/** The native protocol: frames in, calls of the broker, frames out. docs/PROTOCOL.md specifies it. */
package dev.millrace.server.protocol.wire;
