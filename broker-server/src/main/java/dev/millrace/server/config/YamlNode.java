package dev.millrace.server.config;

import java.util.List;

/** A piece of a YAML file with its place. */
sealed interface YamlNode {
    Origin.InFile at();

    /** @param plain true without quotes */
    record Scalar(Origin.InFile at, String text, boolean plain) implements YamlNode {
        /** True for a value that was left out, and for {@code ~} and {@code null}. */
        boolean isNull() {
            return plain && (text.isEmpty() || text.equals("~") || text.equals("null"));
        }
    }

    record Mapping(Origin.InFile at, List<Entry> entries) implements YamlNode {}

    /** A list; no setting is one, so its content is dropped. */
    record Sequence(Origin.InFile at) implements YamlNode {}

    record Entry(Scalar key, YamlNode value) {}
}
