package dev.millrace.client;

import java.util.ArrayList;
import java.util.List;

/**
 * Which events are meant: those that match any of the items.
 *
 * <pre>
 *   EventFilter.tags("course:c1").types("StudentEnrolled", "StudentLeft").or(EventFilter.tags("student:s1"))
 * </pre>
 *
 * @param all every event
 */
public record EventFilter(boolean all, List<Item> items) {
    /** Matches an event of any of the types, where it names some, that bears all of the tags. */
    public record Item(List<String> types, List<String> tags) {}

    /** Matches every event. */
    public static EventFilter everything() {
        return new EventFilter(true, List.of());
    }

    /** Matches events that bear all of these tags. */
    public static EventFilter tags(String... tags) {
        return new EventFilter(false, List.of(new Item(List.of(), List.of(tags))));
    }

    /** Matches events of any of these types. */
    public static EventFilter ofTypes(String... types) {
        return new EventFilter(false, List.of(new Item(List.of(types), List.of())));
    }

    /** Only events of any of these types, of those that matched before. */
    public EventFilter types(String... types) {
        return new EventFilter(
                all,
                items.stream().map(item -> new Item(List.of(types), item.tags)).toList());
    }

    /** Also what the other matches. */
    public EventFilter or(EventFilter other) {
        List<Item> both = new ArrayList<>(items);
        both.addAll(other.items);
        return new EventFilter(all || other.all, both);
    }
}
