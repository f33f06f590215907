package dev.millrace.server.schema.format;

import dev.millrace.core.CheckBudget;
import java.util.Arrays;

/**
 * One search in a text. What it may have to come back to is on a stack of its own: choices with their places, and between
 * them what the registers held before they were set, which is put back on the way to an earlier choice. Thread: one.
 */
final class PatternRun {
    /** Entries, of 12 bytes each: a pattern has 24 MiB for what it may have to come back to. */
    static final int KEPT_MAX = 1 << 21;

    private static final int KEPT_FIRST = 16;

    final String text;
    /** The place where the text is looked at next. */
    int at;

    private final CheckBudget budget;
    private final int[] registers;
    /** Null where a register has to be put back. */
    private PatternStep.Choice[] kept = new PatternStep.Choice[KEPT_FIRST];
    /** The place of a choice; of a register its number in the upper half and in the lower what it held. */
    private long[] keptValues = new long[KEPT_FIRST];

    private int keptCount;

    PatternRun(String text, int registers, CheckBudget budget) {
        this.text = text;
        this.budget = budget;
        this.registers = new int[registers];
        pay(1 + registers / 16);
        Arrays.fill(this.registers, -1);
    }

    /** Whether the text matches from a place on. Where it does not, another place may be tried. */
    boolean matches(PatternStep first, int place) {
        at = place;
        PatternStep step = first;
        while (step != PatternStep.FOUND) {
            pay(1);
            step = step.run(this);
            if (step == null) {
                step = back();
                if (step == null) {
                    return false;
                }
            }
        }
        return true;
    }

    private PatternStep back() {
        while (keptCount > 0) {
            PatternStep.Choice choice = pop();
            if (choice != null) {
                pay(1);
                PatternStep next = choice.again(this);
                if (next != null) {
                    return next;
                }
            }
        }
        return null;
    }

    /** Goes back to a choice, or puts a register back and returns null. */
    private PatternStep.Choice pop() {
        long value = keptValues[--keptCount];
        if (kept[keptCount] == null) {
            registers[(int) (value >> Integer.SIZE)] = (int) value;
        } else {
            at = (int) value;
        }
        return kept[keptCount];
    }

    void pay(long steps) {
        OverBudgetException.spend(budget, steps);
    }

    /** Should what follows not match, the choice is made again, from a place. */
    void keep(PatternStep.Choice choice, int place) {
        push(choice, place);
    }

    private void push(PatternStep.Choice choice, long value) {
        if (keptCount == kept.length) {
            if (keptCount == KEPT_MAX) {
                throw OverBudgetException.keepsTooMuch(KEPT_MAX);
            }
            kept = Arrays.copyOf(kept, 2 * keptCount);
            keptValues = Arrays.copyOf(keptValues, 2 * keptCount);
        }
        kept[keptCount] = choice;
        keptValues[keptCount++] = value;
    }

    // ---- registers

    int get(int register) {
        return registers[register];
    }

    /** Until the run goes back to a choice that was kept before. */
    void set(int register, int value) {
        push(null, (long) register << Integer.SIZE | registers[register] & 0xffff_ffffL);
        registers[register] = value;
    }

    /** Of a register whose setting is kept below the choice that is being made again: it is put back with that. */
    void replace(int register, int value) {
        registers[register] = value;
    }

    // ---- what was kept

    /** Sets a register to how much is kept, itself included. */
    void setToKept(int register) {
        set(register, keptCount + 1);
    }

    /** Forgets the choices that were kept since, but not what registers held: an earlier choice wants it back. */
    void forgetChoices(int keptBefore) {
        pay((keptCount - keptBefore) / 8);
        int end = keptBefore;
        for (int i = keptBefore; i < keptCount; i++) {
            if (kept[i] == null) {
                kept[end] = null;
                keptValues[end++] = keptValues[i];
            }
        }
        keptCount = end;
    }

    /** As if nothing had been done since. */
    void undo(int keptBefore) {
        while (keptCount > keptBefore) {
            pop();
        }
    }

    // ---- groups

    PatternStep enter(int group, PatternStep next) {
        set(PatternRegisters.entry(group), at);
        return next;
    }

    PatternStep leave(int group, PatternStep next) {
        set(PatternRegisters.exit(group), at);
        return next;
    }

    /** From here on the groups have matched nothing. */
    void forget(PatternNode.GroupRange groups) {
        pay((groups.end() - groups.first()) / 8);
        for (int group = groups.first(); group < groups.end(); group++) {
            if (registers[PatternRegisters.exit(group)] >= 0) {
                set(PatternRegisters.exit(group), -1);
            }
        }
    }

    /** Where what a group has matched begins; what has matched nothing is empty. Backward a group is left at its start. */
    int groupStart(int group) {
        int exit = registers[PatternRegisters.exit(group)];
        return exit < 0 ? 0 : Math.min(registers[PatternRegisters.entry(group)], exit);
    }

    int groupEnd(int group) {
        int exit = registers[PatternRegisters.exit(group)];
        return exit < 0 ? 0 : Math.max(registers[PatternRegisters.entry(group)], exit);
    }

    // ---- the text

    boolean isWord(int place) {
        return place >= 0 && place < text.length() && CharSet.WORD.has(text.charAt(place));
    }

    /** Between the halves of a character that takes two. */
    boolean isWithinCodePoint(int place) {
        return place > 0
                && place < text.length()
                && Character.isSurrogatePair(text.charAt(place - 1), text.charAt(place));
    }
}
