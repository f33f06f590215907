package dev.millrace.core.group;

import java.util.Arrays;

/**
 * What a member subscribes to: a topic's name, or a pattern over the dot-separated levels of names.
 *
 * <pre>
 * orders        the topic orders
 * orders.*      orders.eu, not orders, not orders.eu.new     (* is exactly one level, anywhere)
 * orders.&gt;      orders.eu, orders.eu.new, not orders         (&gt; is one or more levels, at the end only)
 * $retry.&gt;      internal topics match patterns alone that begin with a dollar sign
 * </pre>
 */
public final class TopicPattern {
    private static final int CHARS_MAX = 249;

    private final String text;
    private final String[] levels;
    private final boolean literal;

    private TopicPattern(String text) {
        this.text = text;
        this.levels = text.split("\\.", -1);
        this.literal = Arrays.stream(levels).noneMatch(TopicPattern::isWildcard);
    }

    /** Fails: {@link IllegalArgumentException} where {@link #problemWith} finds a problem. */
    public static TopicPattern of(String text) {
        String problem = problemWith(text);
        if (problem != null) {
            throw new IllegalArgumentException(problem);
        }
        return new TopicPattern(text);
    }

    /** What is wrong with the pattern, for a person; null where it is valid. */
    public static String problemWith(String text) {
        if (text == null || text.isEmpty()) {
            return "a topic pattern is empty";
        }
        if (text.length() > CHARS_MAX) {
            return "a topic pattern has " + text.length() + " characters; at most " + CHARS_MAX + " are allowed";
        }
        String[] levels = text.split("\\.", -1);
        for (int i = 0; i < levels.length; i++) {
            // Internal topics begin with "$", and may have it before their last level.
            String level = text.startsWith("$") && levels[i].startsWith("$") ? levels[i].substring(1) : levels[i];
            String problem = problemWithLevel(level, i == levels.length - 1);
            if (problem != null) {
                return "topic pattern '" + printable(text) + "': " + problem;
            }
        }
        return null;
    }

    private static String problemWithLevel(String level, boolean last) {
        if (level.isEmpty()) {
            return "a level between dots is empty";
        }
        if (level.equals(">") && !last) {
            return "'>' may stand only at the end";
        }
        if (isWildcard(level)) {
            return null;
        }
        for (int i = 0; i < level.length(); i++) {
            if (!isNameCharacter(level.charAt(i))) {
                return "allowed are a-z A-Z 0-9 . _ - and the wildcards '*' and '>' as a whole level";
            }
        }
        return null;
    }

    private static boolean isNameCharacter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-';
    }

    private static boolean isWildcard(String level) {
        return level.equals("*") || level.equals(">");
    }

    private static String printable(String text) {
        return text.replaceAll("[^\\x20-\\x7e]", "?");
    }

    public String text() {
        return text;
    }

    /** True where the pattern is the name of one topic, so that a map can answer instead of a scan. */
    public boolean isLiteral() {
        return literal;
    }

    public boolean matches(String topicName) {
        if (literal) {
            return text.equals(topicName);
        }
        if (topicName.startsWith("$") && !text.startsWith("$")) {
            return false;
        }
        int start = 0;
        for (int i = 0; i < levels.length; i++) {
            if (start > topicName.length()) {
                return false;
            }
            if (levels[i].equals(">")) {
                return start < topicName.length();
            }
            int dot = topicName.indexOf('.', start);
            int end = dot < 0 ? topicName.length() : dot;
            if (!levelMatches(levels[i], topicName, start, end)) {
                return false;
            }
            start = end + 1;
        }
        return start == topicName.length() + 1;
    }

    private static boolean levelMatches(String level, String name, int start, int end) {
        return level.equals("*") ? end > start : level.length() == end - start && name.startsWith(level, start);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TopicPattern that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
