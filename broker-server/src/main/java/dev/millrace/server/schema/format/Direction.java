package dev.millrace.server.schema.format;

/** Which way a text is matched: what stands behind is matched from its end on, as ECMA-262 does. */
enum Direction {
    FORWARD,
    BACKWARD;

    Direction reverse() {
        return this == FORWARD ? BACKWARD : FORWARD;
    }

    /** The character that comes next, or -1 at the end. */
    int pointAt(String text, int place) {
        if (this == FORWARD) {
            return place < text.length() ? text.codePointAt(place) : -1;
        }
        return place > 0 ? text.codePointBefore(place) : -1;
    }

    /** The place after as many chars. */
    int past(int place, int chars) {
        return this == FORWARD ? place + chars : place - chars;
    }
}
