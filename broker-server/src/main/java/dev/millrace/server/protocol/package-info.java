/** What every protocol adapter offers to the server that wires it. */
package dev.millrace.server.protocol;
