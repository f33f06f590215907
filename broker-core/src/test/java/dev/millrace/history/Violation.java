package dev.millrace.history;

/** One broken promise, with the values that show it. */
public record Violation(Property property, String text) {
    @Override
    public String toString() {
        return property + ": " + text;
    }
}
