package dev.millrace.server.schema.format;

import dev.millrace.server.schema.format.PatternStep.Fork;
import java.util.List;

/** A part of a pattern, as it is written. */
sealed interface PatternNode {
    /**
     * The steps that match this part and go on with the next.
     *
     * @param registers where loops and looks keep what they need
     */
    PatternStep before(PatternStep next, PatternRegisters registers);

    /** Whether it may match without taking a character. */
    boolean mayBeEmpty();

    record Chars(CharSet set, int steps) implements PatternNode {
        Chars(CharSet set) {
            this(set, set.steps());
        }

        /** The place after the character that stands at a place, or -1 where it is none of these. */
        int after(PatternRun run, int place) {
            run.pay(steps);
            if (place >= run.text.length()) {
                return -1;
            }
            int point = run.text.codePointAt(place);
            return set.has(point) ? place + Character.charCount(point) : -1;
        }

        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers) {
            return new PatternStep.OneChar(this, next);
        }

        @Override
        public boolean mayBeEmpty() {
            return false;
        }
    }

    /** The start of the text, or its end. */
    record Edge(boolean start) implements PatternNode {
        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers) {
            return run -> run.at == (start ? 0 : run.text.length()) ? next : null;
        }

        @Override
        public boolean mayBeEmpty() {
            return true;
        }
    }

    /** Where a word begins or ends, or where none does. */
    record WordEdge(boolean wanted) implements PatternNode {
        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers) {
            return run -> (run.isWord(run.at - 1) != run.isWord(run.at)) == wanted ? next : null;
        }

        @Override
        public boolean mayBeEmpty() {
            return true;
        }
    }

    /** What a group has matched; nothing, where it has not. */
    record Same(int group) implements PatternNode {
        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers) {
            return new PatternStep.SameText(group, next);
        }

        @Override
        public boolean mayBeEmpty() {
            return true;
        }
    }

    record Sequence(List<PatternNode> parts) implements PatternNode {
        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers) {
            PatternStep first = next;
            for (int i = parts.size() - 1; i >= 0; i--) {
                first = parts.get(i).before(first, registers);
            }
            return first;
        }

        @Override
        public boolean mayBeEmpty() {
            return parts.stream().allMatch(PatternNode::mayBeEmpty);
        }
    }

    record Alternatives(List<PatternNode> parts) implements PatternNode {
        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers) {
            int last = parts.size() - 1;
            PatternStep first = parts.get(last).before(next, registers);
            for (int i = last - 1; i >= 0; i--) {
                first = new Fork(parts.get(i).before(next, registers), first);
            }
            return first;
        }

        @Override
        public boolean mayBeEmpty() {
            return parts.stream().anyMatch(PatternNode::mayBeEmpty);
        }
    }

    record Group(int number, PatternNode body) implements PatternNode {
        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers) {
            PatternStep inside = body.before(run -> run.leave(number, next), registers);
            return run -> run.enter(number, inside);
        }

        @Override
        public boolean mayBeEmpty() {
            return body.mayBeEmpty();
        }
    }

    /** What stands ahead or behind, which is looked at and not taken. */
    record Look(PatternNode body, boolean ahead, boolean wanted) implements PatternNode {
        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers) {
            PatternLook look = new PatternLook(registers, wanted, next);
            PatternStep inside = body.before(ahead ? look.end() : look.endThere(), registers);
            return look.start(ahead ? inside : new PatternStep.FromBefore(inside));
        }

        @Override
        public boolean mayBeEmpty() {
            return true;
        }
    }

    /** @param groups those in the body, which have matched nothing when the body is matched once more */
    record Repeat(PatternNode body, int min, int max, boolean greedy, GroupRange groups) implements PatternNode {
        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers) {
            if (max == 0) {
                return next;
            }
            if (body instanceof Chars chars) {
                return greedy
                        ? new CharLoop.Most(chars, min, max, registers.next(), next)
                        : new CharLoop.Fewest(chars, min, max, registers.next(), next);
            }
            if (min == 0 && max == 1 && !body.mayBeEmpty()) {
                PatternStep once = body.before(next, registers);
                return greedy ? new Fork(once, next) : new Fork(next, once);
            }
            return PatternLoop.around(this, next, registers);
        }

        @Override
        public boolean mayBeEmpty() {
            return min == 0 || body.mayBeEmpty();
        }
    }

    /** Groups that capture: from the first up to the one before the end. */
    record GroupRange(int first, int end) {}
}
