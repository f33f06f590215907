package dev.millrace.server.schema;

/**
 * Why a schema may not become the next version of its subject.
 *
 * @param path where in the schema, by names
 * @param rule a constant for machines
 * @param older what the version compared with has there
 * @param newer what the new schema has there
 * @param againstVersion the version compared with
 * @param direction BACKWARD: readers with the new schema, FORWARD: readers with the version compared with
 * @param fix what to do
 */
public record Violation(
        String path, String rule, String older, String newer, int againstVersion, Compatibility direction, String fix) {
    /** One line for a person. */
    public String text() {
        return "{path: '" + path + "', rule: " + rule + ", old: '" + older + "', new: '" + newer + "', againstVersion: "
                + againstVersion + ", direction: " + direction + ", fix: '" + fix + "'}";
    }
}
