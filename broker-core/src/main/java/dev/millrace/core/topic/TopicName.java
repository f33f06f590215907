package dev.millrace.core.topic;

import java.util.regex.Pattern;

/** What a topic may be called: 1 to 249 of a-z A-Z 0-9 . _ -, with dots between non-empty levels. */
public final class TopicName {
    private static final int LENGTH_MAX = 249;
    private static final Pattern LEVELS = Pattern.compile("[a-zA-Z0-9_-]+(\\.[a-zA-Z0-9_-]+)*");

    private static final Pattern INTERNAL = Pattern.compile("\\$[a-z]+\\.\\$?" + LEVELS.pattern());

    private TopicName() {}

    /** What a topic may be called that the broker makes for itself: {@code $retry.orders}. */
    public static boolean isInternal(String name) {
        return name.length() <= LENGTH_MAX && INTERNAL.matcher(name).matches();
    }

    public static boolean isValid(String name) {
        return name.length() <= LENGTH_MAX && LEVELS.matcher(name).matches();
    }
}
