/** A broker inside a test: {@link dev.millrace.server.testing.EmbeddedMillrace} and its JUnit extension. */
package dev.millrace.server.testing;
