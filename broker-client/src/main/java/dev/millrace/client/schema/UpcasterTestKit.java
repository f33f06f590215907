package dev.millrace.client.schema;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Feeds stored events of every old version to a chain of upcasters, in a user's unit test.
 *
 * <pre>
 * OrderPlaced.v1.json                what was once stored: type, version, and a name where there are several
 * OrderPlaced.v1.gift.json
 * OrderPlaced.v1.gift.expected.json  optional: what it must become; an array where it becomes several
 * </pre>
 *
 * A version that the chain takes a step from and that has no fixture is an error: nobody knows whether the step works.
 */
public final class UpcasterTestKit<T> {
    private static final Pattern FIXTURE =
            Pattern.compile("(?<type>.+?)\\.v(?<version>\\d{1,9})(\\.(?<name>.+?))?\\.(?<suffix>[a-z]+)");
    private static final String EXPECTED = ".expected.";

    private final Upcasters<T> chain;
    private final Function<String, T> parser;

    /** A fixture and what became of it. */
    public record Checked<T>(Path fixture, Upcasters.Event<T> event, List<Upcasters.Event<T>> result) {}

    private UpcasterTestKit(Upcasters<T> chain, Function<String, T> parser) {
        this.chain = chain;
        this.parser = parser;
    }

    /** @param parser turns the text of a fixture into data; data are compared by {@code equals} */
    public static <T> UpcasterTestKit<T> of(Upcasters<T> chain, Function<String, T> parser) {
        return new UpcasterTestKit<>(chain, parser);
    }

    /**
     * Feeds all fixtures of a directory.
     *
     * @param expectedParser turns the text of an expected file into the data of all events in it
     * @return what became of each, for checks of one's own
     * @throws AssertionError naming the fixture, for what is not as expected, and for a version without fixture
     */
    public List<Checked<T>> check(Path directory, Function<String, List<T>> expectedParser) {
        List<Checked<T>> checked = new ArrayList<>();
        Set<Upcasters.Form> fed = new LinkedHashSet<>();
        for (Path fixture : fixtures(directory)) {
            Upcasters.Event<T> event = event(fixture);
            List<Upcasters.Event<T>> result = upcast(fixture, event);
            fed.add(new Upcasters.Form(event.type(), event.version()));
            compare(fixture, result, expectedParser);
            checked.add(new Checked<>(fixture, event, result));
        }
        List<Upcasters.Form> missing =
                chain.forms().stream().filter(form -> !fed.contains(form)).toList();
        if (!missing.isEmpty()) {
            throw new AssertionError("no fixture in " + directory + " for " + missing
                    + ": store an event of each version as TYPE.vVERSION.json");
        }
        return checked;
    }

    private static List<Path> fixtures(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> !file.getFileName().toString().contains(EXPECTED))
                    .filter(file ->
                            FIXTURE.matcher(file.getFileName().toString()).matches())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Upcasters.Event<T> event(Path fixture) {
        Matcher name = FIXTURE.matcher(fixture.getFileName().toString());
        if (!name.matches()) {
            throw new IllegalArgumentException(fixture + " is no fixture");
        }
        return new Upcasters.Event<>(
                name.group("type"), Integer.parseInt(name.group("version")), parser.apply(read(fixture)), Map.of());
    }

    private List<Upcasters.Event<T>> upcast(Path fixture, Upcasters.Event<T> event) {
        try {
            return chain.upcast(event);
        } catch (RuntimeException failed) {
            throw new AssertionError(fixture + ": " + failed, failed);
        }
    }

    private void compare(Path fixture, List<Upcasters.Event<T>> result, Function<String, List<T>> expectedParser) {
        String name = fixture.getFileName().toString();
        int dot = name.lastIndexOf('.');
        Path expected = fixture.resolveSibling(name.substring(0, dot) + ".expected" + name.substring(dot));
        if (!Files.exists(expected)) {
            return;
        }
        List<T> actual = result.stream().map(Upcasters.Event::data).toList();
        List<T> wanted = expectedParser.apply(read(expected));
        if (!wanted.equals(actual)) {
            throw new AssertionError(fixture + " became " + actual + ", expected is " + wanted);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
