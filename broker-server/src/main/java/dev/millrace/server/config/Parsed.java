package dev.millrace.server.config;

import java.util.Optional;
import java.util.function.Function;

/** What reading one value gave: the value, or why the text is not one. A bad value is expected, so it is no exception. */
public sealed interface Parsed<T> {
    record Good<T>(T value) implements Parsed<T> {}

    /** @param problem continues the sentence {@code "64MB" ...}; {@code suggestion} is a sentence of its own. */
    record Bad<T>(String problem, Optional<String> suggestion) implements Parsed<T> {}

    static <T> Parsed<T> good(T value) {
        return new Good<>(value);
    }

    static <T> Parsed<T> bad(String problem) {
        return new Bad<>(problem, Optional.empty());
    }

    static <T> Parsed<T> bad(String problem, String suggestion) {
        return new Bad<>(problem, Optional.of(suggestion));
    }

    /** Goes on with a good value; a bad one stays as it is. */
    default <R> Parsed<R> then(Function<T, Parsed<R>> next) {
        if (this instanceof Good<T> good) return next.apply(good.value());
        Bad<T> bad = (Bad<T>) this;
        return new Bad<>(bad.problem(), bad.suggestion());
    }

    /** The value. Fails: IllegalArgumentException that says what is wrong with the text. */
    default T orThrow() {
        if (this instanceof Good<T> good) return good.value();
        Bad<T> bad = (Bad<T>) this;
        throw new IllegalArgumentException(
                bad.problem() + bad.suggestion().map(s -> "; " + s).orElse(""));
    }
}
