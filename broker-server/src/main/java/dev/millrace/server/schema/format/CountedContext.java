package dev.millrace.server.schema.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.ExecutionConfig;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.Schema;
import com.networknt.schema.annotation.Annotation;
import com.networknt.schema.annotation.Annotations;
import com.networknt.schema.path.NodePath;
import dev.millrace.core.CheckBudget;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One run of the validator, which is told here of every keyword before it looks at it. Thread: one. */
final class CountedContext extends ExecutionContext {
    private static final int KEYWORD_STEPS = 10;
    private static final int ERRORS_MAX = 1_000;
    /** Whose regular expressions, the library's own, take the square of a text that does not match. */
    private static final Set<String> SQUARE_FORMATS = Set.of("email", "idn-email", "style", "utc-millisec");

    private final CheckBudget budget;
    private int errorCount;
    private final CountedNodes nodes;
    private final Annotations annotations;

    /** @param nodes those of the document */
    CountedContext(ExecutionConfig config, CheckBudget budget, CountedNodes nodes) {
        super(config);
        this.budget = budget;
        this.nodes = nodes;
        this.annotations = new CountedAnnotations(budget);
    }

    @Override
    public void evaluationPathAddLast(String keyword) {
        Schema schema = getEvaluationSchema().peekLast();
        JsonNode value = schema == null ? null : schema.getSchemaNode().get(keyword);
        // A keyword may look at all that it holds: the values of an enum, the names of properties.
        OverBudgetException.spend(budget, KEYWORD_STEPS + (value == null ? 0 : value.size()));
        if (value != null && keyword.equals("const")) {
            // The validator compares the schema's own nodes, which nobody counts.
            OverBudgetException.spend(budget, weight(value));
        }
        nodes.squareTexts(value != null && keyword.equals("format") && SQUARE_FORMATS.contains(value.asText()));
        super.evaluationPathAddLast(keyword);
    }

    @Override
    public void evaluationPathAddLast(int index) {
        OverBudgetException.spend(budget, KEYWORD_STEPS);
        super.evaluationPathAddLast(index);
    }

    private static long weight(JsonNode node) {
        long weight = 1 + (node.isTextual() ? node.textValue().length() / CountedNodes.CHARS_PER_STEP : 0);
        for (JsonNode child : node) {
            weight += weight(child);
        }
        return weight;
    }

    /** Only whether there are any matters to the validator, and only the first are shown. */
    @Override
    public void addError(Error error) {
        if (getErrors().isEmpty() || ++errorCount < ERRORS_MAX) {
            super.addError(error);
        }
    }

    @Override
    public Annotations getAnnotations() {
        return annotations;
    }

    /** Whoever asks for the annotations of a place goes through all of them. */
    private static final class CountedAnnotations extends Annotations {
        private final Map<NodePath, List<Annotation>> places;

        CountedAnnotations(CheckBudget budget) {
            this.places = new LinkedHashMap<>() {
                private static final long serialVersionUID = 1;

                @Override
                public List<Annotation> get(Object place) {
                    return paid(super.get(place));
                }

                @Override
                public List<Annotation> getOrDefault(Object place, List<Annotation> none) {
                    return paid(super.getOrDefault(place, none));
                }

                private List<Annotation> paid(List<Annotation> found) {
                    OverBudgetException.spend(budget, found == null ? 1 : 1 + found.size());
                    return found;
                }
            };
        }

        @Override
        public Map<NodePath, List<Annotation>> asMap() {
            return places;
        }

        @Override
        public void put(Annotation annotation) {
            places.computeIfAbsent(annotation.getInstanceLocation(), place -> new ArrayList<>())
                    .add(annotation);
        }
    }
}
