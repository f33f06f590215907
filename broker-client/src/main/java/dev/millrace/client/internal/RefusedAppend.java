package dev.millrace.client.internal;

import dev.millrace.client.AppendResult.Clause;
import dev.millrace.client.AppendResult.Conflict;
import dev.millrace.client.AppendResult.FailedCondition;
import dev.millrace.client.EventFilter;
import dev.millrace.client.EventStreams.Condition;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** Tells a person why an append to streams was refused, with the values that are there. */
final class RefusedAppend {
    /** A request may hold a thousand checks; the first ones tell what is wrong. */
    private static final int CONFLICTS_SHOWN_MAX = 10;
    /** An item may name 32 types and tags of 256 bytes each. */
    private static final int ITEM_CHARS_MAX = 300;

    private RefusedAppend() {}

    static String conflicts(String topic, List<Conflict> conflicts) {
        String shown = conflicts.stream()
                .limit(CONFLICTS_SHOWN_MAX)
                .map(conflict -> conflict(topic, conflict))
                .collect(Collectors.joining("; "));
        int more = conflicts.size() - CONFLICTS_SHOWN_MAX;
        return more > 0 ? shown + "; and " + more + " more" : shown;
    }

    private static String conflict(String topic, Conflict conflict) {
        String actual = conflict.actualVersion() >= 0
                ? "its last version is " + conflict.actualVersion()
                : conflict.deleted() ? "it was deleted" : "it holds no event";
        return "stream \"" + new String(conflict.key(), StandardCharsets.UTF_8) + "\" of topic " + topic + ": expected "
                + conflict.expected() + ", but " + actual;
    }

    static String condition(String topic, int partition, Condition asked, FailedCondition failed) {
        boolean exists = failed.clause() == Clause.FAIL_IF_EXISTS;
        EventFilter filter = exists ? asked.failIfExists() : asked.failIfMatch();
        boolean after = !exists && asked.afterOffset() >= 0;
        String offsets = failed.offsets().stream().map(String::valueOf).collect(Collectors.joining(", "));
        return "the condition " + (exists ? "failIfExists" : "failIfMatch") + " does not hold in " + topic + "/"
                + partition + ": " + (after ? "after offset " + asked.afterOffset() + " there is " : "there is ")
                + wanted(filter, failed.item()) + ", at " + (failed.offsets().size() == 1 ? "offset " : "offsets ")
                + offsets;
    }

    private static String wanted(EventFilter filter, int item) {
        if (item < 0) {
            return "an event";
        }
        EventFilter.Item wanted = filter.items().get(item);
        String types = wanted.types().isEmpty() ? "" : " of type " + String.join(" or ", wanted.types());
        String tags = wanted.tags().isEmpty() ? "" : " with " + String.join(" and ", wanted.tags());
        String text = "an event" + types + tags;
        String cut = text.length() > ITEM_CHARS_MAX ? text.substring(0, ITEM_CHARS_MAX) + "..." : text;
        return filter.items().size() == 1 ? cut : cut + " (item " + item + ")";
    }
}
