package dev.millrace.server.schema.format;

import com.networknt.schema.SchemaException;
import dev.millrace.core.CheckBudget;

/** Ends a check whose budget is spent. Of the validator's own kind, because that lets no other through without logging it. */
final class OverBudgetException extends SchemaException {
    private static final long serialVersionUID = 1;

    private OverBudgetException() {
        super("the check's budget is spent");
    }

    static void spend(CheckBudget budget, long steps) {
        if (!budget.spend(steps)) {
            throw new OverBudgetException();
        }
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this; // it may happen for every record of a hostile producer
    }
}
