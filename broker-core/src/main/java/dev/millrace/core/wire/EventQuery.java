package dev.millrace.core.wire;

import java.util.List;

/**
 * Which events are meant: those that match any item, or all of them. An event matches an item if its type is among the
 * item's types, where it names some, and it bears all of the item's tags.
 */
public record EventQuery(boolean all, List<Item> items) {
    public static final int ITEMS_MAX = 32;
    public static final int NAMES_MAX = 16;

    /** Types of which one must be the event's, and tags that it must bear; empty asks for nothing. */
    public record Item(List<String> types, List<String> tags) {
        /**
         * Whether an event with these matches.
         *
         * @param type null for none, of which immutable lists may not be asked
         */
        public boolean matches(String type, List<String> tags) {
            boolean typeFits = types.isEmpty() || type != null && types.contains(type);
            return typeFits && tags.containsAll(this.tags);
        }

        static Item read(FieldReader in) {
            return new Item(in.readList(FieldReader::readText), in.readList(FieldReader::readText));
        }

        static void writeTo(FieldWriter out, Item item) {
            out.writeList(item.types, FieldWriter::writeString).writeList(item.tags, FieldWriter::writeString);
        }
    }

    public static EventQuery everything() {
        return new EventQuery(true, List.of());
    }

    public static EventQuery of(Item... items) {
        return new EventQuery(false, List.of(items));
    }

    /** Reads what {@link #write} wrote; null for none. */
    public static EventQuery read(FieldReader in) {
        byte kind = in.readByte();
        if (kind < 0 || kind > 2) {
            throw new MalformedFrameException("a query of kind " + kind);
        }
        return kind == 0 ? null : new EventQuery(kind == 1, in.readList(Item::read));
    }

    public static void write(FieldWriter out, EventQuery query) {
        out.writeByte(query == null ? 0 : query.all ? 1 : 2);
        if (query != null) {
            out.writeList(query.items, Item::writeTo);
        }
    }

    /** What is wrong with it, or null. */
    public String problem() {
        if (items.size() > ITEMS_MAX) {
            return items.size() + " items; at most " + ITEMS_MAX + " are allowed";
        }
        if (!all && items.isEmpty()) {
            return "no item; a query for everything says so";
        }
        for (Item item : items) {
            if (item.types.size() > NAMES_MAX || item.tags.size() > NAMES_MAX) {
                return "an item with " + item.types.size() + " types and " + item.tags.size() + " tags; at most "
                        + NAMES_MAX + " of each are allowed";
            }
            if (item.types.isEmpty() && item.tags.isEmpty()) {
                return "an item with neither type nor tag; a query for everything says so";
            }
        }
        return null;
    }
}
