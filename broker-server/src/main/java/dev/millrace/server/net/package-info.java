/** Netty: threads, listening sockets, and the limits that keep one connection from harming the others. */
package dev.millrace.server.net;
