package dev.millrace.core.stream;

import dev.millrace.core.record.EventBatches.Names;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordCursor;
import dev.millrace.core.wire.EventQuery;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * Whether a record is wanted, looked at in its batch. Thread: any.
 *
 * @param key null for any
 * @param keyPrefix null for any
 * @param query null for any
 */
public record EventMatch(byte[] key, byte[] keyPrefix, EventQuery query) implements Predicate<RecordCursor> {
    @Override
    public boolean test(RecordCursor record) {
        return keyMatches(record) && (query == null || query.all() || queryMatches(record));
    }

    private boolean keyMatches(RecordCursor record) {
        if (key == null && keyPrefix == null) {
            return true;
        }
        byte[] actual = record.key();
        if (actual == null) {
            return false;
        }
        return key != null ? Arrays.equals(key, actual) : startsWith(actual, keyPrefix);
    }

    static boolean startsWith(byte[] bytes, byte[] prefix) {
        return bytes.length >= prefix.length && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
    }

    private boolean queryMatches(RecordCursor record) {
        String type = null;
        List<String> tags = List.of();
        while (record.nextHeader()) {
            if (record.headerIs(Names.TYPE) && record.headerValueBytes() >= 0) {
                type = new String(record.headerValue(), StandardCharsets.UTF_8);
            } else if (record.headerIs(Names.TAGS)) {
                tags = EventHeaders.tagsOf(record.headerValue());
            }
        }
        for (EventQuery.Item item : query.items()) {
            if (item.matches(type, tags)) {
                return true;
            }
        }
        return false;
    }
}
