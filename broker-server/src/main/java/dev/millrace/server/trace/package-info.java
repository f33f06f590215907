/** What belongs together, what caused what, and how far the groups are with it: for the command line and REST alike. */
package dev.millrace.server.trace;
