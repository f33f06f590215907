package dev.millrace.server.schema.format;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/** Code points: ranges and classes, or all but those. Built by one thread, then read by any. */
final class CharSet {
    static final CharSet DIGIT = new CharSet().addRange('0', '9');
    static final CharSet WORD = new CharSet()
            .addRange('a', 'z')
            .addRange('A', 'Z')
            .addRange('0', '9')
            .addRange('_', '_');
    static final CharSet SPACE = new CharSet()
            .addRange('\t', '\r')
            .addRange(0xa0, 0xa0)
            .addRange(0x2028, 0x2029)
            .addRange(0xfeff, 0xfeff)
            .addClass(point -> Character.getType(point) == Character.SPACE_SEPARATOR);
    static final CharSet LINE_END =
            new CharSet().addRange('\n', '\n').addRange('\r', '\r').addRange(0x2028, 0x2029);

    private int[] ranges = new int[4];
    private int rangesEnd;
    private static final int CLASS_STEPS = 20;

    private final List<IntPredicate> classes = new ArrayList<>();
    private boolean negated;

    CharSet addRange(int first, int last) {
        if (rangesEnd == ranges.length) {
            ranges = Arrays.copyOf(ranges, 2 * ranges.length);
        }
        ranges[rangesEnd++] = first;
        ranges[rangesEnd++] = last;
        return this;
    }

    CharSet addClass(IntPredicate points) {
        classes.add(points);
        return this;
    }

    /** @param complement whether those are meant that the class has not */
    CharSet addClass(IntPredicate points, boolean complement) {
        return addClass(complement ? points.negate() : points);
    }

    CharSet negate() {
        negated = !negated;
        return this;
    }

    boolean has(int point) {
        for (int i = 0; i < rangesEnd; i += 2) {
            if (point >= ranges[i] && point <= ranges[i + 1]) {
                return !negated;
            }
        }
        for (IntPredicate points : classes) {
            if (points.test(point)) {
                return !negated;
            }
        }
        return negated;
    }

    /** What asking it takes; a property of Unicode is asked for with a pattern of its own. */
    int steps() {
        return 1 + rangesEnd / 16 + CLASS_STEPS * classes.size();
    }
}
