package dev.millrace.server.schema.format;

import dev.millrace.server.schema.format.PatternStep.Fork;
import java.util.List;

/** A part of a pattern, as it is written. */
sealed interface PatternNode {
    /**
     * The steps that match this part and go on with the next.
     *
     * @param registers where loops and looks keep what they need
     * @param direction which way it is matched; next is what is matched after it, which backward stands before it
     */
    PatternStep before(PatternStep next, PatternRegisters registers, Direction direction);

    /** Whether it may match without taking a character. */
    boolean mayBeEmpty();

    record Chars(CharSet set, int steps) implements PatternNode {
        Chars(CharSet set) {
            this(set, set.steps());
        }

        /** The place after the character that comes next, or -1 where it is none of these. */
        int after(PatternRun run, int place, Direction direction) {
            run.pay(steps);
            int point = direction.pointAt(run.text, place);
            return point >= 0 && set.has(point) ? direction.past(place, Character.charCount(point)) : -1;
        }

        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers, Direction direction) {
            return new PatternStep.OneChar(this, direction, next);
        }

        @Override
        public boolean mayBeEmpty() {
            return false;
        }
    }

    /** The start of the text, or its end. */
    record Edge(boolean start) implements PatternNode {
        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers, Direction direction) {
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
        public PatternStep before(PatternStep next, PatternRegisters registers, Direction direction) {
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
        public PatternStep before(PatternStep next, PatternRegisters registers, Direction direction) {
            return new PatternStep.SameText(group, direction, next);
        }

        @Override
        public boolean mayBeEmpty() {
            return true;
        }
    }

    record Sequence(List<PatternNode> parts) implements PatternNode {
        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers, Direction direction) {
            int last = parts.size() - 1;
            PatternStep first = next;
            for (int i = 0; i <= last; i++) {
                PatternNode part = parts.get(direction == Direction.FORWARD ? last - i : i);
                first = part.before(first, registers, direction);
            }
            return first;
        }

        @Override
        public boolean mayBeEmpty() {
            for (PatternNode part : parts) {
                if (!part.mayBeEmpty()) {
                    return false;
                }
            }
            return true;
        }
    }

    record Alternatives(List<PatternNode> parts) implements PatternNode {
        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers, Direction direction) {
            int last = parts.size() - 1;
            PatternStep first = parts.get(last).before(next, registers, direction);
            for (int i = last - 1; i >= 0; i--) {
                first = new Fork(parts.get(i).before(next, registers, direction), first);
            }
            return first;
        }

        @Override
        public boolean mayBeEmpty() {
            for (PatternNode part : parts) {
                if (part.mayBeEmpty()) {
                    return true;
                }
            }
            return false;
        }
    }

    record Group(int number, PatternNode body) implements PatternNode {
        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers, Direction direction) {
            PatternStep inside = body.before(run -> run.leave(number, next), registers, direction);
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
        public PatternStep before(PatternStep next, PatternRegisters registers, Direction direction) {
            PatternLook look = new PatternLook(registers, wanted, next);
            return look.start(body.before(look.end(), registers, ahead ? Direction.FORWARD : Direction.BACKWARD));
        }

        @Override
        public boolean mayBeEmpty() {
            return true;
        }
    }

    /** @param groups those in the body, which have matched nothing when the body is matched once more */
    record Repeat(PatternNode body, int min, int max, boolean greedy, GroupRange groups) implements PatternNode {
        @Override
        public PatternStep before(PatternStep next, PatternRegisters registers, Direction direction) {
            if (max == 0) {
                return next;
            }
            if (body instanceof Chars chars) {
                CharLoop loop = new CharLoop(chars, min, max, registers.next(), direction);
                return greedy ? new CharLoop.Most(loop, next) : new CharLoop.Fewest(loop, next);
            }
            if (min == 0 && max == 1 && !body.mayBeEmpty()) {
                PatternStep once = body.before(next, registers, direction);
                return greedy ? new Fork(once, next) : new Fork(next, once);
            }
            return PatternLoop.around(this, next, registers, direction);
        }

        @Override
        public boolean mayBeEmpty() {
            return min == 0 || body.mayBeEmpty();
        }
    }

    /** Groups that capture: from the first up to the one before the end. */
    record GroupRange(int first, int end) {}
}
