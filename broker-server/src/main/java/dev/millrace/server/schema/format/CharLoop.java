package dev.millrace.server.schema.format;

import dev.millrace.server.schema.format.PatternNode.Chars;

/** The repetition of single characters, which keeps one choice for all of them: nothing else is as long in texts. */
final class CharLoop {
    private CharLoop() {}

    /**
     * As many as there are, then fewer.
     *
     * @param register for the place after as many as there must be
     */
    record Most(Chars chars, int min, int max, int register, PatternStep next) implements PatternStep.Choice {
        @Override
        public PatternStep run(PatternRun run) {
            int place = run.at;
            int least = min == 0 ? place : -1;
            for (int count = 1; count <= max; count++) {
                int end = chars.after(run, place);
                if (end < 0) {
                    break;
                }
                place = end;
                if (count == min) {
                    least = place;
                }
            }
            if (least < 0) {
                return null;
            }
            if (place != least) {
                run.set(register, least);
                run.keep(this, place);
            }
            run.at = place;
            return next;
        }

        /** From the place after one more. */
        @Override
        public PatternStep again(PatternRun run) {
            run.at -= Character.charCount(run.text.codePointBefore(run.at));
            if (run.at != run.get(register)) {
                run.keep(this, run.at);
            }
            return next;
        }
    }

    /**
     * As few as there must be, then more.
     *
     * @param register for how many there are
     */
    record Fewest(Chars chars, int min, int max, int register, PatternStep next) implements PatternStep.Choice {
        @Override
        public PatternStep run(PatternRun run) {
            int place = run.at;
            for (int count = 0; count < min; count++) {
                place = chars.after(run, place);
                if (place < 0) {
                    return null;
                }
            }
            if (min < max) {
                run.set(register, min);
                run.keep(this, place);
            }
            run.at = place;
            return next;
        }

        /** From the place after one less. */
        @Override
        public PatternStep again(PatternRun run) {
            int end = chars.after(run, run.at);
            if (end < 0) {
                return null;
            }
            int count = run.get(register) + 1;
            if (count < max) {
                run.replace(register, count);
                run.keep(this, end);
            }
            run.at = end;
            return next;
        }
    }
}
