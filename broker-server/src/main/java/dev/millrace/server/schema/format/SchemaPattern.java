package dev.millrace.server.schema.format;

import dev.millrace.core.CheckBudget;

/**
 * A regular expression of ECMA-262, the dialect of JSON Schema, every step of which is paid for. Those of the JDK cannot be
 * stopped: {@code (a|a)*$} takes 2^n steps for n letters, and {@code (|){60}(?!)} as many without looking at any.
 *
 * <p>It goes by code points and backtracks, as others do; there are no flags. Thread: any.
 */
final class SchemaPattern {
    private final PatternStep first;
    private final int registers;

    private SchemaPattern(PatternStep first, int registers) {
        this.first = first;
        this.registers = registers;
    }

    /** @param groups how many groups capture */
    static SchemaPattern of(PatternNode root, int groups) {
        PatternRegisters registers = new PatternRegisters(groups);
        PatternStep first = root.before(PatternStep.FOUND, registers, Direction.FORWARD);
        return new SchemaPattern(first, registers.count());
    }

    /** Fails: {@link UnusableSchemaException}, with the place and what is wrong there. */
    static SchemaPattern compile(String text) {
        return new PatternParser(text).parse();
    }

    /** Whether any part of the text matches. Fails: {@link OverBudgetException}. */
    boolean find(String text, CheckBudget budget) {
        PatternRun run = new PatternRun(text, registers, budget);
        int start = 0;
        while (true) {
            if (run.matches(first, start)) {
                return true;
            }
            if (start >= text.length()) {
                return false;
            }
            start += Character.charCount(text.codePointAt(start));
        }
    }
}
