package dev.millrace.server.schema.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.ExecutionConfig;
import com.networknt.schema.OutputFormat;
import com.networknt.schema.Schema;
import dev.millrace.core.CheckBudget;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.util.List;

/** Holds JSON documents against a schema. Keywords, looks at the document and steps of patterns are all paid for. */
final class JsonValues implements ValueCheck {
    private static final int ERRORS_SHOWN_MAX = 3;

    private final Schema validator;
    private final ExecutionConfig execution;
    private final CountedPatterns patterns;

    /** @param patterns those of the validator */
    JsonValues(Schema validator, ExecutionConfig execution, CountedPatterns patterns) {
        this.validator = validator;
        this.execution = execution;
        this.patterns = patterns;
    }

    @Override
    public String problem(ByteBuffer value, int[] messageIndexes, CheckBudget budget) {
        byte[] bytes = new byte[value.remaining()];
        value.get(bytes);
        try {
            CountedNodes nodes = new CountedNodes(budget);
            JsonNode document = JsonTexts.read(new ByteArrayInputStream(bytes), nodes);
            List<Error> errors = patterns.paidFrom(
                    budget,
                    () -> validator.validate(
                            new CountedContext(execution, budget, nodes), document, OutputFormat.DEFAULT));
            return errors.isEmpty() ? null : text(errors);
        } catch (UnusableSchemaException notJson) {
            return notJson.getMessage();
        } catch (OverBudgetException over) {
            return over.problem(budget);
        } catch (StackOverflowError deep) {
            return "it makes the schema refer to itself too deeply to be checked";
        }
    }

    /** The first errors, each with its place. */
    static String text(List<Error> errors) {
        StringBuilder text = new StringBuilder();
        for (Error error : errors.subList(0, Math.min(ERRORS_SHOWN_MAX, errors.size()))) {
            String path = error.getInstanceLocation().toString();
            text.append(text.isEmpty() ? "" : "; ")
                    .append("at ")
                    .append(path.isEmpty() ? "/" : path)
                    .append(": ")
                    .append(error.getMessage());
        }
        int more = errors.size() - ERRORS_SHOWN_MAX;
        return more > 0 ? text + "; and " + more + " more" : text.toString();
    }
}
