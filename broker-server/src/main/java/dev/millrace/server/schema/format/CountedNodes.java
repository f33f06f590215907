package dev.millrace.server.schema.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.core.CheckBudget;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/**
 * Makes the nodes of one document such that looking at them is paid for: as many steps as there are children to go through,
 * and characters by the dozen. Otherwise one keyword of a schema could go through a megabyte as often as it likes.
 */
final class CountedNodes extends JsonNodeFactory {
    private static final long serialVersionUID = 1;
    /** Comparing or counting so many takes about as long as any other step. */
    static final int CHARS_PER_STEP = 16;

    private final transient CheckBudget budget;
    private transient boolean squareTexts;

    CountedNodes(CheckBudget budget) {
        this.budget = budget;
    }

    /** From now on texts are asked for by whom it takes the square of their length, or no longer. */
    void squareTexts(boolean square) {
        squareTexts = square;
    }

    private void pay(long steps) {
        OverBudgetException.spend(budget, steps);
    }

    @Override
    public ArrayNode arrayNode() {
        return new CountedArray(this);
    }

    @Override
    public ArrayNode arrayNode(int capacity) {
        return arrayNode();
    }

    @Override
    public ObjectNode objectNode() {
        return new CountedObject(this);
    }

    @Override
    public TextNode textNode(String text) {
        return text == null ? null : new CountedText(this, text);
    }

    @SuppressWarnings("unchecked") // how Jackson declares deepCopy
    private static final class CountedArray extends ArrayNode {
        private static final long serialVersionUID = 1;
        private final transient CountedNodes nodes;

        CountedArray(CountedNodes nodes) {
            super(nodes);
            this.nodes = nodes;
        }

        @Override
        public Iterator<JsonNode> elements() {
            nodes.pay(1 + size());
            return super.elements();
        }

        @Override
        public JsonNode get(int index) {
            nodes.pay(1);
            return super.get(index);
        }

        @Override
        public boolean equals(Object other) {
            nodes.pay(1 + size());
            return super.equals(other);
        }

        @Override
        public int hashCode() {
            nodes.pay(1 + size());
            return super.hashCode();
        }
    }

    @SuppressWarnings("unchecked") // how Jackson declares deepCopy
    private static final class CountedObject extends ObjectNode {
        private static final long serialVersionUID = 1;
        private final transient CountedNodes nodes;

        CountedObject(CountedNodes nodes) {
            super(nodes);
            this.nodes = nodes;
        }

        @Override
        public JsonNode get(String name) {
            nodes.pay(1);
            return super.get(name);
        }

        @Override
        public Iterator<JsonNode> elements() {
            nodes.pay(1 + size());
            return super.elements();
        }

        @Override
        public Iterator<String> fieldNames() {
            nodes.pay(1 + size());
            return super.fieldNames();
        }

        @Override
        @SuppressWarnings("deprecation") // the validator calls it
        public Iterator<Map.Entry<String, JsonNode>> fields() {
            nodes.pay(1 + size());
            return super.fields();
        }

        @Override
        public Set<Map.Entry<String, JsonNode>> properties() {
            nodes.pay(1 + size());
            return super.properties();
        }

        @Override
        public boolean equals(Object other) {
            nodes.pay(1 + size());
            return super.equals(other);
        }

        @Override
        public int hashCode() {
            nodes.pay(1 + size());
            return super.hashCode();
        }
    }

    private static final class CountedText extends TextNode {
        private static final long serialVersionUID = 1;
        private final transient CountedNodes nodes;

        CountedText(CountedNodes nodes, String text) {
            super(text);
            this.nodes = nodes;
        }

        private void pay() {
            long length = _value.length();
            nodes.pay(1 + (nodes.squareTexts ? length * length / 4 : length / CHARS_PER_STEP));
        }

        @Override
        public String textValue() {
            pay();
            return super.textValue();
        }

        @Override
        public String asText() {
            pay();
            return super.asText();
        }

        @Override
        public boolean equals(Object other) {
            pay();
            return super.equals(other);
        }

        @Override
        public int hashCode() {
            return super.hashCode();
        }
    }
}
