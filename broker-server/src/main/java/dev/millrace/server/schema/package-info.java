/** The schema registry: subjects, versions, ids and compatibility, kept in a log of the broker's own. */
package dev.millrace.server.schema;
