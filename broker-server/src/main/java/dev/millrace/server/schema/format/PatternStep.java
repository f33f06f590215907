package dev.millrace.server.schema.format;

/**
 * A step of a pattern. It looks at the text where the run is, and names the step that follows. Steps are not nested in each
 * other as they are done: what may have to be done otherwise later is kept by the run, on the heap, since texts are longer
 * than stacks.
 */
@FunctionalInterface
interface PatternStep {
    /** The end of the pattern; it is never done. */
    PatternStep FOUND = run -> null;

    /** The step that follows, or null where the text does not fit: then the run goes back to where there was a choice. */
    PatternStep run(PatternRun run);

    /** A step with several ways on, that the run has kept with the place where it has to be done again. */
    interface Choice extends PatternStep {
        /** The next way on, from the place where the run is now; null where there is none. */
        PatternStep again(PatternRun run);
    }

    record OneChar(PatternNode.Chars chars, Direction direction, PatternStep next) implements PatternStep {
        @Override
        public PatternStep run(PatternRun run) {
            int end = chars.after(run, run.at, direction);
            if (end < 0) {
                return null;
            }
            run.at = end;
            return next;
        }
    }

    record SameText(int group, Direction direction, PatternStep next) implements PatternStep {
        @Override
        public PatternStep run(PatternRun run) {
            int start = run.groupStart(group);
            int length = run.groupEnd(group) - start;
            run.pay(length);
            int end = direction.past(run.at, length);
            if (!run.text.regionMatches(Math.min(run.at, end), run.text, start, length) || run.isWithinCodePoint(end)) {
                return null;
            }
            run.at = end;
            return next;
        }
    }

    record Fork(PatternStep first, PatternStep second) implements Choice {
        @Override
        public PatternStep run(PatternRun run) {
            run.keep(this, run.at);
            return first;
        }

        @Override
        public PatternStep again(PatternRun run) {
            return second;
        }
    }
}
