package dev.millrace.server.config;

import java.util.Locale;
import java.util.function.Function;

/**
 * One setting: everything that binding, messages, {@code config show}, the schema and the documentation need to know.
 *
 * @param path dotted lowerCamel segments: {@code storage.blockCache}
 * @param defaultText the default in its written form
 * @param restart true when a change takes effect only at the next start
 * @param doc what it is for, in whole sentences
 * @param from reads the value back from a bound configuration
 */
record Key<T>(
        String path, ValueType<T> type, String defaultText, boolean restart, String doc, Function<Config, T> from) {
    static final String ENVIRONMENT_PREFIX = "MILLRACE_";

    /** The environment variable that sets it: {@code MILLRACE_STORAGE__BLOCKCACHE}. */
    String environmentName() {
        return ENVIRONMENT_PREFIX + path.replace(".", "__").toUpperCase(Locale.ROOT);
    }

    /** What may be written: {@code a size from 1MiB to 1GiB}. */
    String allowed() {
        return type.allowed();
    }

    /** The last segment: {@code blockCache}. */
    String name() {
        return path.substring(path.lastIndexOf('.') + 1);
    }

    /** All but the last segment: {@code storage}. */
    String section() {
        return path.substring(0, path.lastIndexOf('.'));
    }

    /** The configured value in its written form. */
    String written(Config config) {
        return type.format(from.apply(config));
    }
}
