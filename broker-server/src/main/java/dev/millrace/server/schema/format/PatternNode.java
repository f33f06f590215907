package dev.millrace.server.schema.format;

import java.util.List;

/**
 * A part of a pattern. What follows it is handed along, so that a part that matches in several ways can try the next when
 * what follows does not match.
 */
interface PatternNode {
    /** What comes after a part. */
    @FunctionalInterface
    interface Next {
        /** Whether the rest matches from here on. */
        boolean at(int place);
    }

    boolean match(PatternRun run, int at, Next next);

    /** A part that matches in one way or not at all. */
    interface Single extends PatternNode {
        /** The place after it, or -1. */
        int step(PatternRun run, int at);

        @Override
        default boolean match(PatternRun run, int at, Next next) {
            int end = step(run, at);
            return end >= 0 && next.at(end);
        }
    }

    record Chars(CharSet set, int steps) implements Single {
        Chars(CharSet set) {
            this(set, set.steps());
        }

        @Override
        public int step(PatternRun run, int at) {
            run.pay(steps);
            if (at >= run.text.length()) {
                return -1;
            }
            int point = run.text.codePointAt(at);
            return set.has(point) ? at + Character.charCount(point) : -1;
        }
    }

    /** The start of the text, or its end. */
    record Edge(boolean start) implements Single {
        @Override
        public int step(PatternRun run, int at) {
            run.pay(1);
            return at == (start ? 0 : run.text.length()) ? at : -1;
        }
    }

    /** Where a word begins or ends, or where none does. */
    record WordEdge(boolean wanted) implements Single {
        @Override
        public int step(PatternRun run, int at) {
            run.pay(1);
            boolean edge = run.isWord(at - 1) != run.isWord(at);
            return edge == wanted ? at : -1;
        }
    }

    /** What a group has matched; nothing, where it has not. */
    record Same(int group) implements Single {
        @Override
        public int step(PatternRun run, int at) {
            int start = run.starts[group];
            int length = start < 0 ? 0 : run.ends[group] - start;
            run.pay(1 + length);
            return run.text.regionMatches(at, run.text, Math.max(0, start), length) ? at + length : -1;
        }
    }

    record Sequence(List<PatternNode> parts) implements PatternNode {
        @Override
        public boolean match(PatternRun run, int at, Next next) {
            return from(0, run, at, next);
        }

        private boolean from(int first, PatternRun run, int at, Next next) {
            run.pay(1);
            int place = at;
            for (int i = first; i < parts.size(); i++) {
                if (parts.get(i) instanceof Single single) {
                    place = single.step(run, place);
                    if (place < 0) {
                        return false;
                    }
                } else {
                    int following = i + 1;
                    return parts.get(i).match(run, place, end -> from(following, run, end, next));
                }
            }
            return next.at(place);
        }
    }

    record Alternatives(List<PatternNode> parts) implements PatternNode {
        @Override
        public boolean match(PatternRun run, int at, Next next) {
            for (PatternNode part : parts) {
                run.pay(1);
                if (part.match(run, at, next)) {
                    return true;
                }
            }
            return false;
        }
    }

    record Group(int number, PatternNode body) implements PatternNode {
        @Override
        public boolean match(PatternRun run, int at, Next next) {
            return body.match(run, at, end -> {
                run.pay(1);
                int startBefore = run.starts[number];
                int endBefore = run.ends[number];
                run.starts[number] = at;
                run.ends[number] = end;
                if (next.at(end)) {
                    return true;
                }
                run.starts[number] = startBefore;
                run.ends[number] = endBefore;
                return false;
            });
        }
    }

    /** What stands ahead or behind, which is looked at and not taken. */
    record Look(PatternNode body, boolean ahead, boolean wanted) implements PatternNode {
        @Override
        public boolean match(PatternRun run, int at, Next next) {
            return (ahead ? body.match(run, at, end -> true) : behind(run, at)) == wanted && next.at(at);
        }

        private boolean behind(PatternRun run, int at) {
            for (int start = at; start >= 0; start--) {
                run.pay(1);
                if (body.match(run, start, end -> end == at)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** @param groups those in the body, which have matched nothing when the body is matched once more */
    record Repeat(PatternNode body, int min, int max, boolean greedy, GroupRange groups) implements PatternNode {
        @Override
        public boolean match(PatternRun run, int at, Next next) {
            if (body instanceof Chars chars) {
                return greedy ? most(chars, run, at, next) : fewest(chars, run, at, next);
            }
            return again(0, run, at, next);
        }

        /** Without recursion for each character: texts are longer than stacks. */
        private boolean most(Chars chars, PatternRun run, int at, Next next) {
            int count = 0;
            int place = at;
            for (; count < max; count++) {
                int end = chars.step(run, place);
                if (end < 0) {
                    break;
                }
                place = end;
            }
            while (count >= min) {
                if (next.at(place)) {
                    return true;
                }
                if (count == 0) {
                    return false;
                }
                run.pay(1);
                count--;
                place -= Character.charCount(run.text.codePointBefore(place));
            }
            return false;
        }

        private boolean fewest(Chars chars, PatternRun run, int at, Next next) {
            int place = at;
            for (int count = 0; place >= 0; count++) {
                if (count >= min && next.at(place)) {
                    return true;
                }
                if (count == max) {
                    return false;
                }
                place = chars.step(run, place);
            }
            return false;
        }

        private boolean again(int count, PatternRun run, int at, Next next) {
            run.pay(1);
            if (greedy) {
                return once(count, run, at, next) || count >= min && next.at(at);
            }
            return count >= min && next.at(at) || once(count, run, at, next);
        }

        private boolean once(int count, PatternRun run, int at, Next next) {
            if (count == max) {
                return false;
            }
            int[] before = run.forget(groups);
            boolean matched = body.match(run, at, end -> {
                if (end > at) {
                    return again(count + 1, run, end, next);
                }
                // What took nothing can do so again, for all the times that are due; beyond them it would for ever.
                return count < min && again(min, run, at, next);
            });
            if (!matched) {
                run.restore(groups, before);
            }
            return matched;
        }
    }

    /** Groups that capture: from the first up to the one before the end. */
    record GroupRange(int first, int end) {}
}
