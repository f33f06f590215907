package dev.millrace.server.schema.format;

/** Deals out the numbers that a run keeps for the steps of a pattern: two for each group, then what they ask for. */
final class PatternRegisters {
    private int count;

    /** @param groups how many capture, numbered from 1 */
    PatternRegisters(int groups) {
        count = 2 * (groups + 1);
    }

    /** One more, for one step alone. */
    int next() {
        return count++;
    }

    int count() {
        return count;
    }

    /** Where a group was entered. */
    static int entry(int group) {
        return 2 * group;
    }

    /** Where it was left; -1 as long as it has matched nothing. */
    static int exit(int group) {
        return 2 * group + 1;
    }
}
