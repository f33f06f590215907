package dev.millrace.server.schema.format;

import dev.millrace.server.schema.format.PatternNode.Repeat;

/** The repetition of what is more than a character: each turn, where it may be the last, is a choice of its own. */
final class PatternLoop implements PatternStep.Choice {
    private static final int NONE = -1;

    private final Repeat repeat;
    private final PatternStep next;
    /** For how many turns were begun; none where that does not matter. */
    private final int counter;
    /** For where the turn began, or -1 where it has to be made in any case; none where each takes a character. */
    private final int turnStart;
    /** Set once, before the first run. */
    private PatternStep body;

    private PatternLoop(Repeat repeat, PatternStep next, PatternRegisters registers) {
        this.repeat = repeat;
        this.next = next;
        this.counter = repeat.min() == 0 && isEndless() ? NONE : registers.next();
        this.turnStart = repeat.body().mayBeEmpty() ? registers.next() : NONE;
    }

    /** @param repeat with at least one turn */
    static PatternStep around(Repeat repeat, PatternStep next, PatternRegisters registers, Direction direction) {
        PatternLoop loop = new PatternLoop(repeat, next, registers);
        loop.body = repeat.body().before(loop::endTurn, registers, direction);
        return loop.counter == NONE ? loop : loop::start;
    }

    private boolean isEndless() {
        return repeat.max() == Integer.MAX_VALUE;
    }

    private PatternStep start(PatternRun run) {
        run.set(counter, 0);
        return this;
    }

    @Override
    public PatternStep run(PatternRun run) {
        int turns = turns(run);
        if (turns < repeat.min()) {
            return turn(run, turns);
        }
        if (turns == repeat.max()) {
            return next;
        }
        run.keep(this, run.at);
        return repeat.greedy() ? turn(run, turns) : next;
    }

    @Override
    public PatternStep again(PatternRun run) {
        return repeat.greedy() ? next : turn(run, turns(run));
    }

    private int turns(PatternRun run) {
        return counter == NONE ? 0 : run.get(counter);
    }

    private PatternStep turn(PatternRun run, int turns) {
        run.forget(repeat.groups());
        boolean due = turns < repeat.min();
        if (due || !isEndless()) { // an endless loop counts up to its minimum
            run.set(counter, turns + 1);
        }
        if (turnStart != NONE) {
            run.set(turnStart, due ? -1 : run.at);
        }
        return body;
    }

    /** A turn that took nothing could be made for ever; where it is due it counts. */
    private PatternStep endTurn(PatternRun run) {
        return turnStart != NONE && run.at == run.get(turnStart) ? null : this;
    }
}
