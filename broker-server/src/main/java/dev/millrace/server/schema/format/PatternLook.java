package dev.millrace.server.schema.format;

/**
 * What has to match, or must not, at a place that the run then returns to. It matches in one way or not at all: what it
 * might have matched otherwise is forgotten.
 */
final class PatternLook {
    private final boolean wanted;
    private final PatternStep next;
    /** For the place. */
    private final int place;
    /** For how much was kept before. */
    private final int kept;

    PatternLook(PatternRegisters registers, boolean wanted, PatternStep next) {
        this.wanted = wanted;
        this.next = next;
        this.place = registers.next();
        this.kept = registers.next();
    }

    /** @param inside its steps, with {@link #end} behind them */
    PatternStep start(PatternStep inside) {
        return new Start(this, inside);
    }

    private record Start(PatternLook look, PatternStep inside) implements PatternStep.Choice {
        @Override
        public PatternStep run(PatternRun run) {
            run.set(look.place, run.at);
            run.setToKept(look.kept);
            if (!look.wanted) {
                run.keep(this, run.at);
            }
            return inside;
        }

        /** Nothing has matched, as it should. */
        @Override
        public PatternStep again(PatternRun run) {
            return look.next;
        }
    }

    /** Something has matched. */
    PatternStep end() {
        return run -> {
            int keptBefore = run.get(kept);
            if (!wanted) {
                run.undo(keptBefore);
                return null;
            }
            run.at = run.get(place);
            run.forgetChoices(keptBefore);
            return next;
        };
    }
}
