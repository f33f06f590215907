package dev.millrace.server.schema.format;

import dev.millrace.server.schema.format.PatternNode.Chars;

/**
 * The repetition of single characters, which keeps one choice for all of them: nothing else is as long in texts.
 *
 * @param register for what the choice has to know
 */
record CharLoop(Chars chars, int min, int max, int register, Direction direction) {
    private int after(PatternRun run, int place) {
        return chars.after(run, place, direction);
    }

    /** As many as there are, then fewer. Keeps the place after as many as there must be. */
    record Most(CharLoop loop, PatternStep next) implements PatternStep.Choice {
        @Override
        public PatternStep run(PatternRun run) {
            int place = run.at;
            int least = loop.min == 0 ? place : -1;
            for (int count = 1; count <= loop.max; count++) {
                int end = loop.after(run, place);
                if (end < 0) {
                    break;
                }
                place = end;
                if (count == loop.min) {
                    least = place;
                }
            }
            if (least < 0) {
                return null;
            }
            if (place != least) {
                run.set(loop.register, least);
                run.keep(this, place);
            }
            run.at = place;
            return next;
        }

        /** From the place after one more. */
        @Override
        public PatternStep again(PatternRun run) {
            Direction back = loop.direction.reverse();
            run.at = back.past(run.at, Character.charCount(back.pointAt(run.text, run.at)));
            if (run.at != run.get(loop.register)) {
                run.keep(this, run.at);
            }
            return next;
        }
    }

    /** As few as there must be, then more. Keeps how many there are. */
    record Fewest(CharLoop loop, PatternStep next) implements PatternStep.Choice {
        @Override
        public PatternStep run(PatternRun run) {
            int place = run.at;
            for (int count = 0; count < loop.min; count++) {
                place = loop.after(run, place);
                if (place < 0) {
                    return null;
                }
            }
            if (loop.min < loop.max) {
                run.set(loop.register, loop.min);
                run.keep(this, place);
            }
            run.at = place;
            return next;
        }

        /** From the place after one less. */
        @Override
        public PatternStep again(PatternRun run) {
            int end = loop.after(run, run.at);
            if (end < 0) {
                return null;
            }
            int count = run.get(loop.register) + 1;
            if (count < loop.max) {
                run.replace(loop.register, count);
                run.keep(this, end);
            }
            run.at = end;
            return next;
        }
    }
}
