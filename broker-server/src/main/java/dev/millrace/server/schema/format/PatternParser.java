package dev.millrace.server.schema.format;

import com.networknt.schema.regex.RegularExpressions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/**
 * Reads patterns of ECMA-262. What other dialects have beyond it is refused, not taken for something else. Thread: one.
 *
 * <p>Of annex B, what browsers take beyond the grammar, it has what schemas use: a brace that begins no repetition, and a
 * closing bracket or brace alone, stand for themselves, a lookahead can be repeated, and a dash beside a class
 * such as {@code [\w-.]} is one more character. It has no octal numbers and no letter that stands for itself after a
 * backslash, as with the flag u.
 */
final class PatternParser {
    private static final int DEPTH_MAX = 100;
    private static final int SHOWN_CHARS_MAX = 80;
    private static final String CONTROLS = "tnrvf0";
    private static final String CONTROL_VALUES = "\t\n\r\u000b\f\0";

    private final String text;
    private final Map<String, Integer> names = new HashMap<>();
    private int at;
    private int groups;
    /** The highest group that {@code \1} and the like refer to: it may stand further on. */
    private int referredMax;

    PatternParser(String text) {
        this.text = text;
    }

    SchemaPattern parse() {
        PatternNode root = alternatives(0);
        if (at < text.length()) {
            throw bad("')' closes nothing");
        }
        if (referredMax > groups) {
            throw bad("it refers to group " + referredMax + " and has " + groups);
        }
        return SchemaPattern.of(root, groups);
    }

    private UnusableSchemaException bad(String what) {
        return badAt(at, what);
    }

    private UnusableSchemaException badAt(int place, String what) {
        String shown = text.length() > SHOWN_CHARS_MAX ? text.substring(0, SHOWN_CHARS_MAX) + "..." : text;
        return new UnusableSchemaException("it is no JSON schema: the pattern \"" + shown
                + "\" is none of ECMA-262, at character " + place + ": " + what);
    }

    private boolean skip(String expected) {
        if (!text.startsWith(expected, at)) {
            return false;
        }
        at += expected.length();
        return true;
    }

    private boolean ahead(char expected) {
        return at < text.length() && text.charAt(at) == expected;
    }

    private int nextPoint() {
        int point = text.codePointAt(at);
        at += Character.charCount(point);
        return point;
    }

    private PatternNode alternatives(int depth) {
        if (depth > DEPTH_MAX) {
            throw bad("groups stand in each other more than " + DEPTH_MAX + " deep");
        }
        List<PatternNode> found = new ArrayList<>();
        do {
            found.add(sequence(depth));
        } while (skip("|"));
        return found.size() == 1 ? found.get(0) : new PatternNode.Alternatives(List.copyOf(found));
    }

    private PatternNode sequence(int depth) {
        List<PatternNode> parts = new ArrayList<>();
        while (at < text.length() && !ahead('|') && !ahead(')')) {
            int groupsBefore = groups;
            parts.add(repeated(part(depth), groupsBefore));
        }
        return parts.size() == 1 ? parts.get(0) : new PatternNode.Sequence(List.copyOf(parts));
    }

    private PatternNode part(int depth) {
        return switch (text.charAt(at)) {
            case '^' -> edge(true);
            case '$' -> edge(false);
            case '(' -> group(depth);
            case '[' -> charClass();
            case '\\' -> escape();
            case '.' -> {
                at++;
                yield chars(new CharSet().addClass(CharSet.LINE_END::has).negate());
            }
            default -> {
                int start = at;
                if (quantifier() != null) {
                    throw badAt(start, "there is nothing to repeat");
                }
                int point = nextPoint();
                yield chars(new CharSet().addRange(point, point));
            }
        };
    }

    private static PatternNode chars(CharSet set) {
        return new PatternNode.Chars(set);
    }

    private PatternNode edge(boolean start) {
        at++;
        return new PatternNode.Edge(start);
    }

    // ---- groups and repetition

    private PatternNode group(int depth) {
        at++;
        PatternNode group;
        if (skip("?:")) {
            group = alternatives(depth + 1);
        } else if (skip("?=")) {
            group = new PatternNode.Look(alternatives(depth + 1), true, true);
        } else if (skip("?!")) {
            group = new PatternNode.Look(alternatives(depth + 1), true, false);
        } else if (skip("?<=")) {
            group = new PatternNode.Look(alternatives(depth + 1), false, true);
        } else if (skip("?<!")) {
            group = new PatternNode.Look(alternatives(depth + 1), false, false);
        } else {
            int number = ++groups;
            if (skip("?<")) {
                names.put(name(), number);
            } else if (ahead('?')) {
                throw bad("there is no such group");
            }
            group = new PatternNode.Group(number, alternatives(depth + 1));
        }
        if (!skip(")")) {
            throw bad("a '(' is not closed");
        }
        return group;
    }

    /** Up to the {@code >} after it. */
    private String name() {
        int end = text.indexOf('>', at);
        if (end <= at) {
            throw bad("a name has no end");
        }
        String name = text.substring(at, end);
        at = end + 1;
        return name;
    }

    private PatternNode repeated(PatternNode body, int groupsBefore) {
        int start = at;
        int[] bounds = quantifier();
        if (bounds == null) {
            return body;
        }
        if (body instanceof PatternNode.Edge || body instanceof PatternNode.WordEdge || isLookbehind(body)) {
            throw badAt(start, "there is nothing to repeat: what stands before takes no characters");
        }
        if (bounds[0] > bounds[1]) {
            throw badAt(start, "it asks for at least " + bounds[0] + " and at most " + bounds[1]);
        }
        boolean greedy = !skip("?");
        int second = at;
        if (quantifier() != null) {
            throw badAt(second, "there is nothing to repeat: a repetition is repeated in a group, as in (?:a{2}){3}");
        }
        return new PatternNode.Repeat(
                body, bounds[0], bounds[1], greedy, new PatternNode.GroupRange(groupsBefore + 1, groups + 1));
    }

    private static boolean isLookbehind(PatternNode node) {
        return node instanceof PatternNode.Look look && !look.ahead();
    }

    /** How often at least and at most; null where nothing here says so, as a brace of any other form. */
    private int[] quantifier() {
        if (skip("*")) {
            return new int[] {0, Integer.MAX_VALUE};
        } else if (skip("+")) {
            return new int[] {1, Integer.MAX_VALUE};
        } else if (skip("?")) {
            return new int[] {0, 1};
        }
        int start = at;
        if (skip("{")) {
            int min = number();
            int max = min;
            if (min >= 0 && skip(",")) {
                max = ahead('}') ? Integer.MAX_VALUE : number();
            }
            if (min >= 0 && max >= 0 && skip("}")) {
                return new int[] {min, max};
            }
        }
        at = start;
        return null;
    }

    /** -1 where none stands here. More than any text has characters is as good as any number. */
    private int number() {
        long number = -1;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            number = Math.min(Integer.MAX_VALUE, Math.max(0, number) * 10 + text.charAt(at++) - '0');
        }
        return (int) number;
    }

    // ---- characters

    private PatternNode charClass() {
        at++;
        boolean negated = skip("^");
        CharSet set = new CharSet();
        while (!skip("]")) {
            int first = classPoint(set);
            if (ahead('-') && at + 1 < text.length() && text.charAt(at + 1) != ']') {
                at++;
                addRange(set, first, classPoint(set));
            } else if (first >= 0) {
                set.addRange(first, first);
            }
        }
        return chars(negated ? set.negate() : set);
    }

    /** Where one side is a class such as {@code \w}, which was added, the dash is one more character. */
    private void addRange(CharSet set, int first, int last) {
        if (first >= 0 && last >= 0) {
            if (first > last) {
                throw bad("a range ends before it starts");
            }
            set.addRange(first, last);
            return;
        }
        set.addRange('-', '-');
        for (int point : new int[] {first, last}) {
            if (point >= 0) {
                set.addRange(point, point);
            }
        }
    }

    /** A character of a class, or -1 for several, which it added. */
    private int classPoint(CharSet set) {
        if (at >= text.length()) {
            throw bad("a '[' is not closed");
        }
        if (!ahead('\\')) {
            return nextPoint();
        }
        at++;
        return skip("b") ? '\b' : escapedPoint(set);
    }

    private PatternNode escape() {
        at++;
        if (skip("b")) {
            return new PatternNode.WordEdge(true);
        }
        if (skip("B")) {
            return new PatternNode.WordEdge(false);
        }
        if (skip("k<")) {
            String name = name();
            Integer number = names.get(name);
            if (number == null) {
                throw bad("no group before it is named " + name);
            }
            return new PatternNode.Same(number);
        }
        if (at < text.length() && text.charAt(at) >= '1' && text.charAt(at) <= '9') {
            int number = number();
            referredMax = Math.max(referredMax, number);
            return new PatternNode.Same(number);
        }
        CharSet set = new CharSet();
        int point = escapedPoint(set);
        return chars(point < 0 ? set : set.addRange(point, point));
    }

    /** What stands after a backslash: a character, or -1 for several, which it added. */
    private int escapedPoint(CharSet set) {
        if (at >= text.length()) {
            throw bad("it ends with a backslash");
        }
        int point = nextPoint();
        switch (point) {
            case 'd', 'D' -> set.addClass(CharSet.DIGIT::has, point == 'D');
            case 'w', 'W' -> set.addClass(CharSet.WORD::has, point == 'W');
            case 's', 'S' -> set.addClass(CharSet.SPACE::has, point == 'S');
            case 'p', 'P' -> set.addClass(property(), point == 'P');
            default -> {
                return pointOf(point);
            }
        }
        return -1;
    }

    private int pointOf(int escaped) {
        int control = CONTROLS.indexOf(escaped);
        if (control >= 0) {
            return CONTROL_VALUES.charAt(control);
        }
        if (escaped == 'x') {
            return hex(2);
        }
        if (escaped == 'u') {
            return unicode();
        }
        if (escaped == 'c' && at < text.length() && isLetter(text.charAt(at))) {
            return nextPoint() % 32;
        }
        if (isLetter(escaped) || escaped >= '0' && escaped <= '9') {
            throw bad("\\" + Character.toString(escaped) + " has no meaning");
        }
        return escaped;
    }

    private static boolean isLetter(int point) {
        return point >= 'a' && point <= 'z' || point >= 'A' && point <= 'Z';
    }

    private int unicode() {
        if (skip("{")) {
            int end = text.indexOf('}', at);
            int point = end <= at || end - at > 6 ? -1 : hex(end - at);
            if (point < 0 || point > Character.MAX_CODE_POINT || !skip("}")) {
                throw bad("\\u{ needs a code point and a }");
            }
            return point;
        }
        int point = hex(4);
        int before = at;
        if (Character.isHighSurrogate((char) point) && skip("\\u")) {
            int low = hex(4);
            if (Character.isLowSurrogate((char) low)) {
                return Character.toCodePoint((char) point, (char) low);
            }
            at = before;
        }
        return point;
    }

    private int hex(int digits) {
        int point = 0;
        for (int i = 0; i < digits; i++) {
            int digit = at < text.length() ? Character.digit(text.charAt(at), 16) : -1;
            if (digit < 0) {
                throw bad("a hexadecimal digit is missing");
            }
            point = point * 16 + digit;
            at++;
        }
        return point;
    }

    /** What the JDK knows of a property; a pattern of one character takes no time to speak of. */
    private IntPredicate property() {
        int end = text.indexOf('}', at);
        String name = skip("{") && end > at ? text.substring(at, end) : "";
        if (!name.matches("[A-Za-z0-9_=]{1,60}")) {
            throw bad("\\p needs a name in braces");
        }
        at = end + 1;
        for (String known : List.of(name, "Is" + name)) {
            try {
                Pattern property =
                        Pattern.compile(RegularExpressions.replaceLongformCharacterProperties("\\p{" + known + "}"));
                return point -> property.matcher(Character.toString(point)).matches();
            } catch (IllegalArgumentException unknown) {
                // The next way of writing it may be known.
            }
        }
        throw bad("no property is named " + name);
    }
}
