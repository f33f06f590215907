package dev.millrace.server.config;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.server.config.Loaded.Setting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Writes a configuration in force, as YAML that can be loaded again or as JSON. Of secrets it shows where they come from, not
 * what they are: those that stand in the configuration itself are to be written anew before it can be loaded.
 */
public final class ConfigText {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9./]([A-Za-z0-9./_:+@-]*[A-Za-z0-9./_+@-])?");
    private static final Pattern NOT_TEXT = Pattern.compile("(?i)true|false|yes|no|on|off|y|n|null|[0-9.eE+:_x-]+");

    private record Line(String text, String comment) {}

    private ConfigText() {}

    /** Each key's path and its value in the written form, in the order of the documentation. */
    public static Map<String, String> values(Config config) {
        Map<String, String> values = new LinkedHashMap<>();
        Keys.ALL.forEach(key -> values.put(key.path(), key.written(config)));
        return values;
    }

    /** @param origins true adds where each value came from, as comments */
    public static String yaml(Loaded loaded, boolean origins) {
        List<Line> lines = new ArrayList<>();
        String section = "";
        for (Setting setting : loaded.settings()) {
            Key<?> key = KeyIndex.key(setting.key()).orElseThrow();
            openSections(section, key.section(), lines);
            section = key.section();
            String text = indent(depth(section) + 1) + key.name() + ": " + scalar(key, setting.value());
            lines.add(new Line(text, origins ? setting.origin().toString() : ""));
        }
        int width = lines.stream()
                .filter(line -> !line.comment.isEmpty())
                .mapToInt(line -> line.text.length())
                .max()
                .orElse(0);
        StringBuilder yaml = new StringBuilder();
        for (Line line : lines) {
            yaml.append(line.text);
            if (!line.comment.isEmpty()) {
                yaml.append(" ".repeat(width - line.text.length()))
                        .append("  # ")
                        .append(line.comment);
            }
            yaml.append('\n');
        }
        return yaml.toString();
    }

    /** @param origins true makes each value an object of {@code value} and {@code origin} */
    public static String json(Loaded loaded, boolean origins) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        Map<String, ObjectNode> sections = new HashMap<>(Map.of("", root));
        for (Setting setting : loaded.settings()) {
            Key<?> key = KeyIndex.key(setting.key()).orElseThrow();
            ObjectNode target = section(sections, key.section());
            String field = key.name();
            if (origins) {
                target = target.putObject(field).put("origin", setting.origin().toString());
                field = "value";
            }
            put(target, field, key, setting.value());
        }
        return root.toPrettyString();
    }

    /** The lines of the sections that a path enters and the one before it did not. */
    private static void openSections(String before, String section, List<Line> lines) {
        String[] segments = section.split("\\.");
        String path = "";
        for (int depth = 0; depth < segments.length; depth++) {
            path = path.isEmpty() ? segments[depth] : path + "." + segments[depth];
            if (!before.equals(path) && !before.startsWith(path + ".")) {
                lines.add(new Line(indent(depth) + segments[depth] + ":", ""));
            }
        }
    }

    /** Text in quotes where YAML would read something else into it. JSON's quotes are valid YAML. */
    static String scalar(Key<?> key, String value) {
        boolean text = !key.type().bare();
        boolean plain = PLAIN.matcher(value).matches()
                && !(text && NOT_TEXT.matcher(value).matches());
        return plain || isIpv4Bind(value) ? value : TextNode.valueOf(value).toString();
    }

    private static boolean isIpv4Bind(String value) {
        return value.matches("[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+:[0-9]+");
    }

    private static ObjectNode section(Map<String, ObjectNode> sections, String path) {
        ObjectNode known = sections.get(path);
        if (known != null) return known;
        int dot = path.lastIndexOf('.');
        ObjectNode parent = section(sections, dot < 0 ? "" : path.substring(0, dot));
        ObjectNode created = parent.putObject(path.substring(dot + 1));
        sections.put(path, created);
        return created;
    }

    private static <T> void put(ObjectNode target, String field, Key<T> key, String text) {
        if (!key.type().bare()) {
            target.put(field, text);
            return;
        }
        T value = key.type().parse(text).orThrow();
        if (value instanceof Integer number) {
            target.put(field, number);
        } else if (value instanceof Boolean flag) {
            target.put(field, flag);
        }
    }

    private static int depth(String section) {
        return section.length() - section.replace(".", "").length();
    }

    private static String indent(int depth) {
        return "  ".repeat(depth);
    }
}
