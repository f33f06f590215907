package dev.millrace.server.schema.format;

import com.networknt.schema.regex.RegularExpression;
import com.networknt.schema.regex.RegularExpressionFactory;
import dev.millrace.core.CheckBudget;
import java.util.function.Supplier;

/** Gives the validator of one schema patterns whose steps are paid from the budget of the check under way. Thread: any. */
final class CountedPatterns implements RegularExpressionFactory {
    /** The validator hands its patterns the text alone. */
    private final ThreadLocal<CheckBudget> budgets = new ThreadLocal<>();

    @Override
    public RegularExpression getRegularExpression(String text) {
        SchemaPattern pattern = SchemaPattern.compile(text);
        return value -> {
            CheckBudget budget = budgets.get();
            return pattern.find(value, budget == null ? new CheckBudget() : budget);
        };
    }

    /** Does a check whose patterns are paid from its budget. */
    <T> T paidFrom(CheckBudget budget, Supplier<T> check) {
        budgets.set(budget);
        try {
            return check.get();
        } finally {
            budgets.remove();
        }
    }
}
