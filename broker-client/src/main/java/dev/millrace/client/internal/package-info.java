/** The inside of the client; everything here may change with any version. */
package dev.millrace.client.internal;
