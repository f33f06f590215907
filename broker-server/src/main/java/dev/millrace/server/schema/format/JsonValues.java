package dev.millrace.server.schema.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.util.List;

/** Holds JSON documents against a schema. */
final class JsonValues implements ValueCheck {
    private static final int ERRORS_SHOWN_MAX = 3;

    private final Schema validator;

    JsonValues(Schema validator) {
        this.validator = validator;
    }

    @Override
    public String problem(ByteBuffer value, int[] messageIndexes) {
        byte[] bytes = new byte[value.remaining()];
        value.get(bytes);
        JsonNode document;
        try {
            document = JsonTexts.read(new ByteArrayInputStream(bytes));
        } catch (UnusableSchemaException notJson) {
            return notJson.getMessage();
        }
        try {
            List<Error> errors = validator.validate(document);
            return errors.isEmpty() ? null : text(errors);
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
