package dev.millrace.server.config;

import dev.millrace.server.config.Loaded.Setting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A configuration in the making: the values accepted so far, each with its origin, and all problems. */
final class Draft {
    private static final int SHOWN_CHARS = 60;

    private final Map<String, Setting> settings = new HashMap<>();
    private final Set<String> refused = new HashSet<>();
    private final List<ConfigProblem> problems = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    Draft() {
        for (Key<?> key : Keys.ALL) {
            settings.put(key.path(), new Setting(key.path(), key.defaultText(), new Origin.Default()));
        }
    }

    /** Takes a value, which replaces what an earlier source gave, or notes why it is none. */
    <T> void offer(Key<T> key, String text, Origin origin) {
        if (key.type().parse(text) instanceof Parsed.Bad<T> bad) {
            refuse(key, text, origin, bad.problem(), bad.suggestion());
            return;
        }
        settings.put(key.path(), new Setting(key.path(), text, origin));
    }

    /** Notes that a key's value cannot be used, and says what can. */
    void refuse(Key<?> key, String text, Origin origin, String problem, Optional<String> suggestion) {
        refused.add(key.path());
        boolean secret = key.type().secret();
        String message = (secret ? "the value" : shown(text)) + " " + problem + "; allowed is " + key.allowed();
        problems.add(new ConfigProblem(origin, key.path(), secret ? "" : text, message, suggestion));
    }

    /** Notes that there is no such key. */
    void unknown(String path, Origin origin) {
        int dot = path.lastIndexOf('.');
        String section = dot < 0 ? "" : path.substring(0, dot);
        Optional<String> nearest = KeyIndex.nearestPath(path).map(near -> "did you mean " + near + "?");
        if (nearest.isEmpty() && (section.isEmpty() || KeyIndex.isSection(section))) {
            String where = section.isEmpty() ? "at the top" : "in " + section;
            nearest = Optional.of("known " + where + ": " + String.join(", ", KeyIndex.children(section)));
        }
        problem(new ConfigProblem(origin, clean(path), "", "there is no such key", nearest));
    }

    void problem(ConfigProblem problem) {
        problems.add(problem);
    }

    void warning(String sentence) {
        warnings.add(sentence);
    }

    /** The value in force. A refused value leaves the one before it, so ask {@link #usable} first. */
    <T> T value(Key<T> key) {
        return key.type().parse(settings.get(key.path()).value()).orThrow();
    }

    Origin origin(Key<?> key) {
        return settings.get(key.path()).origin();
    }

    /** False when a value of the key was refused: rules about it would only repeat that in other words. */
    boolean usable(Key<?> key) {
        return !refused.contains(key.path());
    }

    List<ConfigProblem> problems() {
        return problems;
    }

    List<String> warnings() {
        return warnings;
    }

    /** Every key with the written form of its value in force. */
    List<Setting> settings(Config config) {
        List<Setting> all = new ArrayList<>();
        for (Key<?> key : Keys.ALL) all.add(new Setting(key.path(), key.written(config), origin(key)));
        return all;
    }

    /** Quoted and cut, without control characters: it goes to terminals and logs. */
    static String shown(String text) {
        String cut = text.length() > SHOWN_CHARS ? text.substring(0, SHOWN_CHARS) + "..." : text;
        return '"' + clean(cut) + '"';
    }

    static String clean(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
