package dev.millrace.server.schema.format;

import com.networknt.schema.SchemaException;
import dev.millrace.core.CheckBudget;

/** Ends a check whose budget is spent. Of the validator's own kind, because that lets no other through without logging it. */
final class OverBudgetException extends SchemaException {
    private static final long serialVersionUID = 1;

    private OverBudgetException(String message) {
        super(message);
    }

    static void spend(CheckBudget budget, long steps) {
        if (!budget.spend(steps)) {
            throw new OverBudgetException("the check's budget is spent");
        }
    }

    static OverBudgetException keepsTooMuch(int keptMax) {
        return new OverBudgetException("matching a pattern of the schema keeps more than " + keptMax
                + " places that it may have to come back to. Simplify the pattern (a class such as [ab] instead of a group"
                + " that is repeated for each character), or publish shorter texts");
    }

    /** Why the check ended, and what to do. */
    String problem(CheckBudget budget) {
        return budget.exceeded() ? budget.problem() : getMessage();
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this; // it may happen for every record of a hostile producer
    }
}
