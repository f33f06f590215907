package dev.millrace.server.schema;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * All that the log says, as it is now: a pure function of the entries in their order. Thread: whoever holds the
 * registry's lock.
 */
final class RegistryState {
    private final TreeMap<SubjectName, TreeMap<Integer, RegisteredSchema>> subjects = new TreeMap<>();
    /** By context and id: the versions that have it, deleted ones included. */
    private final Map<String, TreeMap<Integer, List<RegisteredSchema>>> ids = new HashMap<>();

    private final Map<UUID, List<RegisteredSchema>> guids = new HashMap<>();
    private final Map<SubjectName, SubjectSettings> settings = new HashMap<>();
    private final Map<SubjectName, RegistryMode> modes = new HashMap<>();
    /** The highest ids ever, so that none is given twice. */
    private final Map<String, Integer> lastIds = new HashMap<>();

    private long textChars;

    void apply(RegistryEntry entry) {
        if (entry instanceof RegistryEntry.Version version) {
            put(version.schema());
        } else if (entry instanceof RegistryEntry.VersionGone gone) {
            remove(gone.subject(), gone.version());
        } else if (entry instanceof RegistryEntry.Settings set) {
            putOrRemove(settings, set.subject(), set.settings());
        } else if (entry instanceof RegistryEntry.Mode set) {
            putOrRemove(modes, set.subject(), set.mode());
        }
    }

    /** What an entry replaces; null where there is nothing yet. */
    RegistryEntry previous(RegistryEntry entry) {
        if (entry instanceof RegistryEntry.Version version) {
            return previous(version.schema().subject(), version.schema().version());
        } else if (entry instanceof RegistryEntry.VersionGone gone) {
            return previous(gone.subject(), gone.version());
        } else if (entry instanceof RegistryEntry.Settings settings) {
            return new RegistryEntry.Settings(settings.subject(), settingsOf(settings.subject()));
        } else if (entry instanceof RegistryEntry.Mode mode) {
            return new RegistryEntry.Mode(mode.subject(), modeOf(mode.subject()));
        }
        return null;
    }

    private RegistryEntry previous(SubjectName subject, int version) {
        return versions(subject).stream()
                .filter(schema -> schema.version() == version)
                .findFirst()
                .map(RegistryEntry.Version::new)
                .orElse(null);
    }

    private static <V> void putOrRemove(Map<SubjectName, V> map, SubjectName key, V value) {
        if (value == null) {
            map.remove(key);
        } else {
            map.put(key, value);
        }
    }

    private void put(RegisteredSchema schema) {
        remove(schema.subject(), schema.version());
        subjects.computeIfAbsent(schema.subject(), absent -> new TreeMap<>()).put(schema.version(), schema);
        String context = schema.subject().context();
        ids.computeIfAbsent(context, absent -> new TreeMap<>())
                .computeIfAbsent(schema.id(), absent -> new ArrayList<>())
                .add(schema);
        guids.computeIfAbsent(schema.guid(), absent -> new ArrayList<>()).add(schema);
        lastIds.merge(context, schema.id(), Math::max);
        textChars += schema.text().length();
    }

    private void remove(SubjectName subject, int version) {
        TreeMap<Integer, RegisteredSchema> versions = subjects.get(subject);
        RegisteredSchema gone = versions == null ? null : versions.remove(version);
        if (gone == null) {
            return;
        }
        if (versions.isEmpty()) {
            subjects.remove(subject);
        }
        Map<Integer, List<RegisteredSchema>> inContext = ids.get(subject.context());
        removeFrom(inContext, gone.id(), gone);
        removeFrom(guids, gone.guid(), gone);
        textChars -= gone.text().length();
    }

    private static <K> void removeFrom(Map<K, List<RegisteredSchema>> map, K key, RegisteredSchema gone) {
        List<RegisteredSchema> left = map.get(key);
        left.remove(gone);
        if (left.isEmpty()) {
            map.remove(key);
        }
    }

    /** All versions of a subject, deleted ones included; empty where there is none. */
    Collection<RegisteredSchema> versions(SubjectName subject) {
        TreeMap<Integer, RegisteredSchema> versions = subjects.get(subject);
        return versions == null ? List.of() : versions.values();
    }

    Collection<SubjectName> subjects() {
        return subjects.keySet();
    }

    Collection<RegisteredSchema> all() {
        return subjects.values().stream()
                .flatMap(versions -> versions.values().stream())
                .toList();
    }

    /** The versions with an id, deleted ones included. */
    List<RegisteredSchema> withId(String context, int id) {
        Map<Integer, List<RegisteredSchema>> inContext = ids.get(context);
        return inContext == null ? List.of() : inContext.getOrDefault(id, List.of());
    }

    List<RegisteredSchema> withGuid(UUID guid) {
        return guids.getOrDefault(guid, List.of());
    }

    int lastId(String context) {
        return lastIds.getOrDefault(context, 0);
    }

    SortedSet<String> contexts() {
        SortedSet<String> contexts = new TreeSet<>();
        contexts.add(SubjectName.DEFAULT_CONTEXT);
        subjects.keySet().forEach(subject -> contexts.add(subject.context()));
        return contexts;
    }

    int subjectCount() {
        return subjects.size();
    }

    int versionCount() {
        return subjects.values().stream().mapToInt(Map::size).sum();
    }

    long textChars() {
        return textChars;
    }

    /** Of this very name, or null. */
    SubjectSettings settingsOf(SubjectName subject) {
        return settings.get(subject);
    }

    /** Of this very name, or null. */
    RegistryMode modeOf(SubjectName subject) {
        return modes.get(subject);
    }
}
