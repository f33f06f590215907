package dev.millrace.server.schema;

/**
 * A subject, in a context that has ids of its own: {@code orders-value}, or {@code :.test:orders-value} in the context
 * {@code .test}. With an empty name it stands for the whole context.
 */
public record SubjectName(String context, String name) implements Comparable<SubjectName> {
    public static final String DEFAULT_CONTEXT = ".";
    /** Everything, where settings are looked up. */
    static final SubjectName GLOBAL = new SubjectName(DEFAULT_CONTEXT, "");

    static final int CHARS_MAX = 255;

    /** Fails: {@link SchemaRefusal} INVALID_SUBJECT. */
    public static SubjectName of(String text) {
        SubjectName subject = parse(text);
        if (subject.name.isEmpty()) {
            throw refused(text, "it is empty");
        }
        return subject;
    }

    /** As {@link #of}, or a context as a whole. */
    public static SubjectName parse(String text) {
        if (text.length() > CHARS_MAX) {
            throw refused(
                    text.substring(0, 40) + "...", "it has " + text.length() + " characters and may have " + CHARS_MAX);
        }
        if (text.chars().anyMatch(Character::isISOControl)) {
            throw refused(text.replaceAll("\\p{Cntrl}", "?"), "it holds control characters");
        }
        if (text.equals("__GLOBAL") || text.equals("__EMPTY")) {
            throw refused(text, "the name is reserved");
        }
        if (!text.startsWith(":.")) {
            return new SubjectName(DEFAULT_CONTEXT, text);
        }
        int end = text.indexOf(':', 1);
        if (end < 0) {
            throw refused(text, "a context ends with a colon, as in :.context:subject");
        }
        return new SubjectName(text.substring(1, end), text.substring(end + 1));
    }

    private static SchemaRefusal refused(String text, String why) {
        return new SchemaRefusal(
                SchemaRefusal.INVALID_SUBJECT, "The specified subject '" + text + "' is not a valid subject: " + why);
    }

    /** This subject under a context that was given beside it. */
    public SubjectName in(String other) {
        return context.equals(DEFAULT_CONTEXT) && !other.equals(DEFAULT_CONTEXT) ? new SubjectName(other, name) : this;
    }

    SubjectName wholeContext() {
        return new SubjectName(context, "");
    }

    /** As clients write it. */
    public String text() {
        return context.equals(DEFAULT_CONTEXT) ? name : ":" + context + ":" + name;
    }

    @Override
    public int compareTo(SubjectName other) {
        return text().compareTo(other.text());
    }

    @Override
    public String toString() {
        return text();
    }
}
