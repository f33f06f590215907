package dev.millrace.server.schema.format;

import dev.millrace.core.CheckBudget;
import java.util.Arrays;

/** One attempt to match a pattern from one place on. Thread: one. */
final class PatternRun {
    final String text;
    /** Of the groups that capture, from 1; -1 for none. */
    final int[] starts;

    final int[] ends;
    private final CheckBudget budget;

    PatternRun(String text, int groups, CheckBudget budget) {
        this.text = text;
        this.budget = budget;
        starts = new int[groups + 1];
        ends = new int[groups + 1];
        pay(1 + groups / 8);
        Arrays.fill(starts, -1);
    }

    void pay(long steps) {
        OverBudgetException.spend(budget, steps);
    }

    /** From here on the groups have matched nothing. Returns where they started. */
    int[] forget(PatternNode.GroupRange groups) {
        pay(groups.end() - groups.first());
        int[] before = Arrays.copyOfRange(starts, groups.first(), groups.end());
        Arrays.fill(starts, groups.first(), groups.end(), -1);
        return before;
    }

    /** Where they ended nobody has changed for good: a group puts that back itself. */
    void restore(PatternNode.GroupRange groups, int[] before) {
        System.arraycopy(before, 0, starts, groups.first(), before.length);
    }

    boolean isWord(int at) {
        return at >= 0 && at < text.length() && CharSet.WORD.has(text.charAt(at));
    }
}
