package dev.millrace.server.config;

import dev.millrace.server.config.YamlNode.Entry;
import dev.millrace.server.config.YamlNode.Mapping;
import dev.millrace.server.config.YamlNode.Scalar;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Reads a YAML file into a draft. Every key that is wrong becomes a problem of its own; invalid YAML is one problem. */
final class FileSource {
    static final int BYTES_MAX = 1 << 20;

    private final Draft draft;
    private final String file;
    private final String namedBy;

    private FileSource(Draft draft, Path path, String namedBy) {
        this.draft = draft;
        this.file = path.toString();
        this.namedBy = namedBy;
    }

    /** @param namedBy the option or variable that chose the file */
    static void read(Path path, String namedBy, Draft draft) {
        FileSource source = new FileSource(draft, path, namedBy);
        try {
            Optional<String> text = source.text(path);
            if (text.isPresent()) source.section("", YamlReader.read(source.file, text.get()));
        } catch (YamlReader.BadYaml bad) {
            draft.problem(bad.problem);
        }
    }

    private Optional<String> text(Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(BYTES_MAX + 1);
            if (bytes.length > BYTES_MAX) {
                wholeFile("the file is larger than 1MiB", "is this the right file?");
                return Optional.empty();
            }
            return decode(bytes);
        } catch (NoSuchFileException missing) {
            wholeFile("there is no such file", "check the path that " + namedBy + " gives");
        } catch (AccessDeniedException denied) {
            wholeFile("the file may not be read by this user", "check its owner and mode");
        } catch (IOException failed) {
            String cause = Files.isDirectory(path) ? "it is a directory" : failed.getMessage();
            wholeFile("the file cannot be read: " + cause, null);
        }
        return Optional.empty();
    }

    private Optional<String> decode(byte[] bytes) throws CharacterCodingException {
        CharBuffer chars = CharBuffer.allocate(bytes.length);
        ByteBuffer input = ByteBuffer.wrap(bytes);
        CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(input, chars, true);
        String text = chars.flip().toString();
        if (result.isError()) {
            int line = 1 + (int) text.chars().filter(c -> c == '\n').count();
            int column = text.length() - text.lastIndexOf('\n');
            draft.problem(new ConfigProblem(
                    new Origin.InFile(file, line, column),
                    "",
                    "",
                    "the file is not valid UTF-8 here",
                    Optional.of("save it as UTF-8")));
            return Optional.empty();
        }
        return Optional.of(text.startsWith("\uFEFF") ? text.substring(1) : text);
    }

    private void wholeFile(String message, String suggestion) {
        draft.problem(new ConfigProblem(Origin.InFile.whole(file), "", "", message, Optional.ofNullable(suggestion)));
    }

    private void section(String path, Mapping mapping) {
        Map<String, Origin.InFile> seen = new HashMap<>();
        for (Entry entry : mapping.entries()) {
            String child = path.isEmpty()
                    ? entry.key().text()
                    : path + "." + entry.key().text();
            Origin.InFile first = seen.putIfAbsent(child, entry.key().at());
            if (first != null) {
                duplicate(child, entry.key().at(), first);
            } else {
                entry(child, entry);
            }
        }
    }

    private void entry(String path, Entry entry) {
        Optional<Key<?>> key = KeyIndex.key(path);
        if (entry.key().text().indexOf('.') >= 0) {
            dotted(path, entry);
        } else if (key.isPresent()) {
            setting(key.get(), entry);
        } else if (!KeyIndex.isSection(path)) {
            draft.unknown(path, entry.key().at());
        } else if (entry.value() instanceof Mapping mapping) {
            section(path, mapping);
        } else if (!(entry.value() instanceof Scalar scalar && scalar.isNull())) {
            String keys = String.join(", ", KeyIndex.children(path));
            problem(path, entry.value(), "is a section, not a value", "put its keys below it, indented: " + keys);
        }
    }

    private void setting(Key<?> key, Entry entry) {
        if (!(entry.value() instanceof Scalar scalar)) {
            String found = entry.value() instanceof Mapping ? "a section" : "a list";
            String message = "must be one value, not " + found + "; allowed is " + key.allowed();
            problem(key.path(), entry.value(), message, "write " + key.name() + ": " + key.defaultText());
        } else if (scalar.isNull()) {
            // The place of a missing value is the end of the line or even the next one; the key is where people look.
            String remedy = "write " + key.name() + ": " + key.defaultText() + ", or remove the line";
            problem(key.path(), entry.key(), "has no value; allowed is " + key.allowed(), remedy);
        } else if (key.type().bare() && !scalar.plain()) {
            draft.refuse(key, scalar.text(), scalar.at(), "is quoted, so it is text", Optional.of("remove the quotes"));
        } else {
            draft.offer(key, scalar.text(), scalar.at());
        }
    }

    private void dotted(String path, Entry entry) {
        Optional<String> nested = KeyIndex.key(path)
                .map(key -> "nest it: " + key.section().replace(".", ": ") + ": " + key.name() + ": ...");
        if (nested.isEmpty()) {
            draft.unknown(path, entry.key().at());
        } else {
            problem(path, entry.key(), "a key in a file must not hold dots", nested.get());
        }
    }

    private void duplicate(String path, Origin.InFile at, Origin.InFile first) {
        draft.problem(new ConfigProblem(
                at,
                Draft.clean(path),
                "",
                "is given twice, first in line " + first.line(),
                Optional.of("keep one of the two")));
    }

    private void problem(String path, YamlNode at, String message, String suggestion) {
        draft.problem(new ConfigProblem(at.at(), path, "", message, Optional.of(suggestion)));
    }
}
