package dev.millrace.server.config;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** The kinds of settings that exist. */
final class ValueTypes {
    private static final String UNLIMITED = "unlimited";
    private static final int NAME_CHARS_MAX = 255;
    private static final String NAME_FORM = "[!-~]([ -~]*[!-~])?";

    private ValueTypes() {}

    static ValueType<DataSize> size(String min, String max) {
        DataSize from = DataSize.parse(min).orThrow();
        DataSize to = DataSize.parse(max).orThrow();
        return new Simple<>(
                "a size from " + from + " to " + to,
                text -> DataSize.parse(text).then(size -> ranged(size, from, to)),
                DataSize::toString,
                schema -> pattern(schema, DataSize.PATTERN));
    }

    static ValueType<DataSize> sizeFrom(String min) {
        DataSize from = DataSize.parse(min).orThrow();
        return new Simple<>(
                "a size of " + from + " or more",
                text -> DataSize.parse(text).then(size -> ranged(size, from, new DataSize(Long.MAX_VALUE))),
                DataSize::toString,
                schema -> pattern(schema, DataSize.PATTERN));
    }

    static ValueType<Duration> duration(String min, String max) {
        Duration from = DurationText.parse(min).orThrow();
        Duration to = DurationText.parse(max).orThrow();
        return new Simple<>(
                "a duration from " + min + " to " + max,
                text -> DurationText.parse(text).then(duration -> ranged(duration, from, to)),
                DurationText::format,
                schema -> pattern(schema, DurationText.PATTERN));
    }

    static ValueType<Integer> count(int min, int max) {
        return new Simple<>(
                "a whole number from " + min + " to " + max,
                text -> wholeNumber(text).then(number -> ranged(number, min, max)),
                Object::toString,
                schema -> schema.put("type", "integer").put("minimum", min).put("maximum", max),
                true);
    }

    static ValueType<Boolean> flag() {
        return new Simple<>(
                "true or false",
                ValueTypes::trueOrFalse,
                Object::toString,
                schema -> schema.put("type", "boolean"),
                true);
    }

    /** One of an enum's constants, written in lower case. */
    static <E extends Enum<E>> ValueType<E> choice(E[] constants) {
        List<String> names = Arrays.stream(constants)
                .map(c -> c.name().toLowerCase(Locale.ROOT))
                .toList();
        return new Simple<>(
                "one of " + String.join(", ", names),
                text -> {
                    int index = names.indexOf(text);
                    if (index >= 0) return Parsed.good(constants[index]);
                    return Nearest.to(text, names)
                            .<Parsed<E>>map(near -> Parsed.bad("is not allowed", "did you mean " + near + "?"))
                            .orElseGet(() -> Parsed.bad("is not allowed"));
                },
                constant -> constant.name().toLowerCase(Locale.ROOT),
                schema -> {
                    ArrayNode allowed = schema.put("type", "string").putArray("enum");
                    names.forEach(allowed::add);
                });
    }

    static ValueType<Path> path() {
        return new Simple<>(
                "a path",
                ValueTypes::pathOf,
                Path::toString,
                schema -> schema.put("type", "string").put("minLength", 1));
    }

    /** Also allows one word, which becomes an empty Optional. */
    static ValueType<Optional<Path>> pathOr(String word) {
        return new Simple<>(
                "a path, or " + word,
                text -> text.equals(word)
                        ? Parsed.good(Optional.empty())
                        : pathOf(text).then(path -> Parsed.good(Optional.of(path))),
                value -> value.map(Path::toString).orElse(word),
                schema -> schema.put("type", "string").put("minLength", 1));
    }

    /** Also allows one word, which becomes an empty Optional. */
    static ValueType<Optional<URI>> httpUrlOr(String word) {
        return new Simple<>(
                "an HTTP URL, or " + word,
                text -> text.equals(word)
                        ? Parsed.good(Optional.empty())
                        : httpUrl(text).then(url -> Parsed.good(Optional.of(url))),
                value -> value.map(URI::toString).orElse(word),
                schema -> pattern(schema, word + "|https?://[!-~]+"));
    }

    static ValueType<String> name() {
        return new Simple<>(
                "a name of 1 to " + NAME_CHARS_MAX + " printable ASCII characters",
                text -> text.matches(NAME_FORM) && text.length() <= NAME_CHARS_MAX
                        ? Parsed.good(text)
                        : Parsed.bad("is not a name"),
                text -> text,
                schema -> pattern(schema, NAME_FORM));
    }

    static ValueType<BindAddress> bind() {
        return new Simple<>(
                "host:port (port 0 takes any free port)",
                BindAddress::parse,
                BindAddress::toString,
                schema -> pattern(schema, BindAddress.PATTERN));
    }

    /** Also allows the word {@code unlimited}, which becomes an empty Optional. */
    static <T> ValueType<Optional<T>> orUnlimited(ValueType<T> type, String form) {
        return new Simple<>(
                type.allowed() + ", or " + UNLIMITED,
                text -> text.equals(UNLIMITED)
                        ? Parsed.good(Optional.empty())
                        : type.parse(text).then(value -> Parsed.good(Optional.of(value))),
                value -> value.map(type::format).orElse(UNLIMITED),
                schema -> pattern(schema, form + "|" + UNLIMITED));
    }

    private record Simple<T>(
            String allowed,
            Function<String, Parsed<T>> parser,
            Function<T, String> formatter,
            Consumer<ObjectNode> describer,
            boolean bare)
            implements ValueType<T> {
        Simple(
                String allowed,
                Function<String, Parsed<T>> parser,
                Function<T, String> formatter,
                Consumer<ObjectNode> describer) {
            this(allowed, parser, formatter, describer, false);
        }

        @Override
        public Parsed<T> parse(String text) {
            return parser.apply(text);
        }

        @Override
        public String format(T value) {
            return formatter.apply(value);
        }

        @Override
        public void describe(ObjectNode schema) {
            describer.accept(schema);
        }
    }

    private static <T extends Comparable<T>> Parsed<T> ranged(T value, T min, T max) {
        if (value.compareTo(min) < 0) return Parsed.bad("is too small");
        return value.compareTo(max) > 0 ? Parsed.bad("is too large") : Parsed.good(value);
    }

    private static Parsed<Integer> wholeNumber(String text) {
        if (!text.matches("-?[0-9]+")) return Parsed.bad("is not a whole number");
        try {
            return Parsed.good(Integer.parseInt(text));
        } catch (NumberFormatException tooLong) {
            return Parsed.bad(text.startsWith("-") ? "is too small" : "is too large");
        }
    }

    /** Strict on purpose: YAML 1.1 also reads yes, on, y as true, and people do not agree on which. */
    private static Parsed<Boolean> trueOrFalse(String text) {
        return switch (text) {
            case "true" -> Parsed.good(true);
            case "false" -> Parsed.good(false);
            default ->
                switch (text.toLowerCase(Locale.ROOT)) {
                    case "true", "yes", "y", "on", "1" -> Parsed.bad("is not a boolean", "did you mean true?");
                    case "false", "no", "n", "off", "0" -> Parsed.bad("is not a boolean", "did you mean false?");
                    default -> Parsed.bad("is not a boolean");
                };
        };
    }

    private static Parsed<Path> pathOf(String text) {
        if (text.isBlank()) return Parsed.bad("is empty");
        try {
            return Parsed.good(Path.of(text));
        } catch (InvalidPathException invalid) {
            return Parsed.bad("is not a path: " + invalid.getReason());
        }
    }

    private static Parsed<URI> httpUrl(String text) {
        String example = "write, say, http://127.0.0.1:4318/v1/traces";
        URI url;
        try {
            url = new URI(text);
        } catch (URISyntaxException malformed) {
            return Parsed.bad("is not a URL", example);
        }
        boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        if (!http || url.getHost() == null) return Parsed.bad("is not an HTTP URL", example);
        return url.getUserInfo() == null
                ? Parsed.good(url)
                : Parsed.bad("holds a user, which everybody who may see the configuration would see");
    }

    private static void pattern(ObjectNode schema, String pattern) {
        schema.put("type", "string").put("pattern", "^(" + pattern + ")$");
    }
}
