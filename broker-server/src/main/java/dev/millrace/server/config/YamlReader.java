package dev.millrace.server.config;

import dev.millrace.server.config.YamlNode.Entry;
import dev.millrace.server.config.YamlNode.Mapping;
import dev.millrace.server.config.YamlNode.Scalar;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.DocumentEndEvent;
import org.yaml.snakeyaml.events.DocumentStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingEndEvent;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceEndEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;
import org.yaml.snakeyaml.events.StreamStartEvent;
import org.yaml.snakeyaml.reader.ReaderException;

/**
 * Reads YAML text into nodes that know their line and column.
 *
 * <p>It reads the parser's events and builds no objects, so that no tag can name a class, and an alias can only repeat a
 * scalar: what a file costs follows its length, and the length is bounded by the caller.
 */
final class YamlReader {
    private static final int DEPTH_MAX = 16;

    private final String file;
    private final Iterator<Event> events;
    private final Map<String, Scalar> anchors = new HashMap<>();

    /** The text cannot be read as a whole. */
    static final class BadYaml extends Exception {
        final transient ConfigProblem problem;

        private BadYaml(Origin.InFile at, String message, String suggestion) {
            super(message, null, false, false);
            this.problem = new ConfigProblem(at, "", "", message, Optional.ofNullable(suggestion));
        }
    }

    private YamlReader(String file, Iterator<Event> events) {
        this.file = file;
        this.events = events;
    }

    /** The root mapping; empty text is an empty one. Fails: BadYaml with the first thing that is wrong. */
    static Mapping read(String file, String text) throws BadYaml {
        LoaderOptions options = new LoaderOptions();
        options.setNestingDepthLimit(DEPTH_MAX);
        options.setCodePointLimit(Math.max(1, text.length()));
        try {
            Iterator<Event> events =
                    new Yaml(options).parse(new StringReader(text)).iterator();
            return new YamlReader(file, events).document();
        } catch (MarkedYAMLException malformed) {
            throw syntaxError(file, malformed);
        } catch (ReaderException unreadable) {
            throw unreadable(file, text, unreadable);
        } catch (YAMLException other) {
            throw new BadYaml(Origin.InFile.whole(file), "not valid YAML: " + other.getMessage(), null);
        }
    }

    private Mapping document() throws BadYaml {
        Event event = events.next();
        while (event instanceof StreamStartEvent) event = events.next();
        if (!(event instanceof DocumentStartEvent)) return new Mapping(at(event), List.of());
        YamlNode root = node(events.next(), 0);
        event = events.next();
        if (event instanceof DocumentEndEvent && events.next() instanceof DocumentStartEvent second) {
            throw new BadYaml(at(second), "a second YAML document starts here", "keep everything in one document");
        }
        if (root instanceof Mapping mapping) return mapping;
        if (root instanceof Scalar scalar && scalar.isNull()) return new Mapping(root.at(), List.of());
        throw new BadYaml(root.at(), "the file must hold keys and values, such as storage:", null);
    }

    private YamlNode node(Event event, int depth) throws BadYaml {
        if (depth > DEPTH_MAX) throw new BadYaml(at(event), "nested deeper than " + DEPTH_MAX + " levels", null);
        if (event instanceof AliasEvent alias) return resolve(alias);
        if (event instanceof ScalarEvent scalar) return scalar(scalar);
        if (event instanceof MappingStartEvent start) return mapping(start, depth);
        if (event instanceof SequenceStartEvent start) return sequence(start, depth);
        throw new BadYaml(at(event), "not valid YAML", null);
    }

    private Scalar scalar(ScalarEvent event) throws BadYaml {
        refuseTag(event, event.getTag());
        Scalar scalar = new Scalar(at(event), event.getValue(), event.isPlain());
        if (event.getAnchor() != null) anchors.put(event.getAnchor(), scalar);
        return scalar;
    }

    private Scalar resolve(AliasEvent alias) throws BadYaml {
        Scalar target = anchors.get(alias.getAnchor());
        if (target != null) return new Scalar(at(alias), target.text(), target.plain());
        throw new BadYaml(
                at(alias), "the alias *" + alias.getAnchor() + " names no single value", "write the value out");
    }

    private Mapping mapping(MappingStartEvent start, int depth) throws BadYaml {
        refuseTag(start, start.getTag());
        List<Entry> entries = new ArrayList<>();
        for (Event event = events.next(); !(event instanceof MappingEndEvent); event = events.next()) {
            YamlNode key = node(event, depth + 1);
            if (!(key instanceof Scalar name)) throw new BadYaml(key.at(), "a key must be a single word", null);
            entries.add(new Entry(name, node(events.next(), depth + 1)));
        }
        return new Mapping(at(start), entries);
    }

    private YamlNode sequence(SequenceStartEvent start, int depth) throws BadYaml {
        refuseTag(start, start.getTag());
        for (Event event = events.next(); !(event instanceof SequenceEndEvent); event = events.next()) {
            node(event, depth + 1);
        }
        return new YamlNode.Sequence(at(start));
    }

    private void refuseTag(NodeEvent event, String tag) throws BadYaml {
        if (tag != null) throw new BadYaml(at(event), "the tag " + tag + " is not supported", "leave the tag out");
    }

    private Origin.InFile at(Event event) {
        return at(file, event.getStartMark());
    }

    private static Origin.InFile at(String file, Mark mark) {
        return mark == null
                ? Origin.InFile.whole(file)
                : new Origin.InFile(file, mark.getLine() + 1, mark.getColumn() + 1);
    }

    private static BadYaml syntaxError(String file, MarkedYAMLException malformed) {
        String problem = malformed.getProblem() == null ? "" : ": " + malformed.getProblem();
        boolean tab = problem.contains("TAB");
        return new BadYaml(
                at(file, malformed.getProblemMark()),
                tab ? "not valid YAML: a tab indents this line" : "not valid YAML" + problem,
                tab ? "indent with spaces" : null);
    }

    /** The reader tells an index only; count the lines up to it. */
    private static BadYaml unreadable(String file, String text, ReaderException unreadable) {
        String before = text.substring(0, Math.min(text.length(), Math.max(0, unreadable.getPosition())));
        int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
        int column = before.length() - before.lastIndexOf('\n');
        String message =
                String.format("not valid YAML: the character U+%04X is not allowed", unreadable.getCodePoint());
        return new BadYaml(new Origin.InFile(file, line, column), message, null);
    }
}
