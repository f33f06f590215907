package dev.millrace.server.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Finds keys by path or environment name, and the key that was probably meant when there is none. */
final class KeyIndex {
    private static final Map<String, Key<?>> BY_PATH = byPath();

    private KeyIndex() {}

    static Optional<Key<?>> key(String path) {
        return Optional.ofNullable(BY_PATH.get(path));
    }

    static boolean isSection(String path) {
        return Keys.SECTIONS.containsKey(path);
    }

    /** The key that an environment variable sets; its segments may have any case. */
    static Optional<Key<?>> byEnvironment(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        for (Key<?> key : Keys.ALL) {
            if (key.environmentName().equals(upper)) return Optional.of(key);
        }
        return Optional.empty();
    }

    /** Names of the keys and sections right below a section; the empty path is the root. */
    static List<String> children(String section) {
        String prefix = section.isEmpty() ? "" : section + ".";
        return BY_PATH.keySet().stream()
                .filter(path -> path.startsWith(prefix))
                .map(path -> path.substring(prefix.length()).split("\\.")[0])
                .distinct()
                .toList();
    }

    /**
     * The path that an unknown one probably means. A slip anywhere in the path is found, and so is a key in the wrong
     * section: {@code blockCache} means {@code storage.blockCache}.
     */
    static Optional<String> nearestPath(String unknown) {
        List<String> candidates = new ArrayList<>(BY_PATH.keySet());
        candidates.addAll(Keys.SECTIONS.keySet());
        String best = null;
        int bestSlips = Integer.MAX_VALUE;
        for (String candidate : candidates) {
            int slips = pathSlips(unknown, candidate);
            if (slips < bestSlips) {
                best = candidate;
                bestSlips = slips;
            }
        }
        return bestSlips <= Nearest.slipsMax(lastSegment(unknown)) ? Optional.of(best) : Optional.empty();
    }

    /** The variable that an unknown one probably means; a single {@code _} for {@code __} is the common slip. */
    static Optional<String> nearestEnvironment(String unknown) {
        List<String> names = Keys.ALL.stream().map(Key::environmentName).toList();
        return Nearest.to(
                        unknown.substring(Key.ENVIRONMENT_PREFIX.length()),
                        names.stream()
                                .map(name -> name.substring(Key.ENVIRONMENT_PREFIX.length()))
                                .toList())
                .map(name -> Key.ENVIRONMENT_PREFIX + name);
    }

    private static int pathSlips(String unknown, String candidate) {
        int whole = Nearest.slips(unknown, candidate);
        int last = Nearest.slips(lastSegment(unknown), lastSegment(candidate));
        return Math.min(whole, last == Integer.MAX_VALUE ? last : last + 1);
    }

    private static String lastSegment(String path) {
        return path.substring(path.lastIndexOf('.') + 1);
    }

    private static Map<String, Key<?>> byPath() {
        Map<String, Key<?>> byPath = new LinkedHashMap<>();
        for (Key<?> key : Keys.ALL) byPath.put(key.path(), key);
        return byPath;
    }
}
