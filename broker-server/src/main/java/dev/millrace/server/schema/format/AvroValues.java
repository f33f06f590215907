package dev.millrace.server.schema.format;

import dev.millrace.core.CheckBudget;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;

/**
 * Walks over Avro's binary form without making objects of it. Everything that a decoder would stumble over is found:
 * lengths, indexes of unions and enums, the end. Time is bounded by the bytes, also for arrays whose items have none.
 */
final class AvroValues implements ValueCheck {
    private static final int DEPTH_MAX = 500;
    /** Items of arrays and maps beside those that have bytes of their own. */
    private static final long EMPTY_ITEMS_MAX = 65_536;

    private final Node root;

    private AvroValues(Node root) {
        this.root = root;
    }

    static AvroValues of(Schema schema) {
        return new AvroValues(compile(schema, new HashMap<>()));
    }

    @Override
    public String problem(ByteBuffer value, int[] messageIndexes, CheckBudget budget) {
        Input input = new Input(value, budget);
        try {
            root.skip(input, 0);
        } catch (Bad bad) {
            return bad.text();
        }
        return value.hasRemaining() ? value.remaining() + " bytes are left over after the value" : null;
    }

    private interface Node {
        void skip(Input input, int depth);
    }

    /** A record that may contain itself. */
    private static final class RecordNode implements Node {
        private String[] names;
        private Node[] fields;

        @Override
        public void skip(Input input, int depth) {
            input.requireDepth(depth);
            int before = input.position();
            int i = 0;
            try {
                for (; i < fields.length; i++) {
                    fields[i].skip(input, depth + 1);
                }
            } catch (Bad bad) {
                throw bad.in(names[i]);
            }
            if (input.position() == before) {
                // A few records that hold each other several times over take 3^30 steps for a value of no bytes.
                input.countItem();
            }
        }
    }

    private static Node compile(Schema schema, Map<String, RecordNode> records) {
        return switch (schema.getType()) {
            case NULL -> (input, depth) -> {};
            case BOOLEAN -> (input, depth) -> input.bool();
            case INT -> (input, depth) -> input.integer();
            case LONG -> (input, depth) -> input.varint();
            case FLOAT -> (input, depth) -> input.skip(Float.BYTES, "float");
            case DOUBLE -> (input, depth) -> input.skip(Double.BYTES, "double");
            case BYTES -> (input, depth) -> input.skip(input.length("bytes"), "bytes");
            case STRING -> (input, depth) -> input.skip(input.length("string"), "string");
            case FIXED -> {
                int size = schema.getFixedSize();
                yield (input, depth) -> input.skip(size, "fixed");
            }
            case ENUM -> {
                int count = schema.getEnumSymbols().size();
                yield (input, depth) -> input.index(count, "symbols");
            }
            case UNION -> union(schema, records);
            case ARRAY -> blocks(compile(schema.getElementType(), records), false);
            case MAP -> blocks(compile(schema.getValueType(), records), true);
            case RECORD -> record(schema, records);
        };
    }

    private static Node union(Schema schema, Map<String, RecordNode> records) {
        Node[] branches = schema.getTypes().stream()
                .map(branch -> compile(branch, records))
                .toArray(Node[]::new);
        return (input, depth) -> branches[input.index(branches.length, "types of the union")].skip(input, depth);
    }

    private static Node record(Schema schema, Map<String, RecordNode> records) {
        RecordNode known = records.get(schema.getFullName());
        if (known != null) {
            return known;
        }
        RecordNode node = new RecordNode();
        records.put(schema.getFullName(), node);
        List<String> names = new ArrayList<>();
        List<Node> fields = new ArrayList<>();
        for (Schema.Field field : schema.getFields()) {
            names.add(field.name());
            fields.add(compile(field.schema(), records));
        }
        node.names = names.toArray(String[]::new);
        node.fields = fields.toArray(Node[]::new);
        return node;
    }

    private static Node blocks(Node item, boolean keyed) {
        return (input, depth) -> {
            input.requireDepth(depth);
            long number = 0;
            for (long count = input.blockCount(); count != 0; count = input.blockCount()) {
                for (long i = 0; i < count; i++, number++) {
                    input.countItem();
                    if (keyed) {
                        input.skip(input.length("key of the map"), "key of the map");
                    }
                    try {
                        item.skip(input, depth + 1);
                    } catch (Bad bad) {
                        throw bad.in(Long.toString(number));
                    }
                }
            }
        };
    }

    /** A value that does not fit: is the answer, so it costs no stack trace. */
    private static final class Bad extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final StringBuilder path = new StringBuilder();
        private final String problem;

        Bad(String problem) {
            super(problem, null, false, false);
            this.problem = problem;
        }

        Bad in(String step) {
            path.insert(0, "/" + step);
            return this;
        }

        String text() {
            return (path.isEmpty() ? "at /" : "at " + path) + ": " + problem;
        }
    }

    private static final class Input {
        private final ByteBuffer bytes;
        private final CheckBudget budget;
        private long itemsLeft;

        Input(ByteBuffer bytes, CheckBudget budget) {
            this.bytes = bytes;
            this.budget = budget;
            this.itemsLeft = bytes.remaining() + EMPTY_ITEMS_MAX;
        }

        void requireDepth(int depth) {
            if (depth > DEPTH_MAX) {
                throw new Bad("it is nested more than " + DEPTH_MAX + " deep");
            }
        }

        int position() {
            return bytes.position();
        }

        void countItem() {
            if (--itemsLeft < 0) {
                throw new Bad("it has more than " + EMPTY_ITEMS_MAX + " items without bytes");
            }
            if (!budget.spend(1)) {
                throw new Bad(budget.problem());
            }
        }

        long varint() {
            long value = 0;
            for (int shift = 0; shift < 70; shift += 7) {
                if (!bytes.hasRemaining()) {
                    throw new Bad("the value ends inside a number");
                }
                byte next = bytes.get();
                value |= (long) (next & 0x7f) << shift;
                if (next >= 0) {
                    return (value >>> 1) ^ -(value & 1);
                }
            }
            throw new Bad("a number has more than 10 bytes");
        }

        int integer() {
            long value = varint();
            if (value != (int) value) {
                throw new Bad(value + " is no int");
            }
            return (int) value;
        }

        void bool() {
            if (!bytes.hasRemaining()) {
                throw new Bad("the value ends before a boolean");
            }
            byte value = bytes.get();
            if (value != 0 && value != 1) {
                throw new Bad("byte " + value + " is no boolean");
            }
        }

        long length(String what) {
            long length = varint();
            if (length < 0) {
                throw new Bad("a " + what + " has length " + length);
            }
            return length;
        }

        void skip(long count, String what) {
            if (count > bytes.remaining()) {
                throw new Bad("a " + what + " of " + count + " bytes with " + bytes.remaining() + " bytes left");
            }
            bytes.position(bytes.position() + (int) count);
        }

        int index(int count, String what) {
            long index = varint();
            if (index < 0 || index >= count) {
                throw new Bad("index " + index + " among " + count + " " + what);
            }
            return (int) index;
        }

        /** A negative count is followed by the block's size in bytes. */
        long blockCount() {
            long count = varint();
            if (count < 0) {
                long size = length("block");
                if (size > bytes.remaining() || count == Long.MIN_VALUE) {
                    throw new Bad("a block of " + size + " bytes with " + bytes.remaining() + " bytes left");
                }
                return -count;
            }
            return count;
        }
    }
}
