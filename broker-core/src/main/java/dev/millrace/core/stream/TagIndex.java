package dev.millrace.core.stream;

import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.wire.EventQuery;
import dev.millrace.core.wire.EventQuery.Item;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds events by tags and type. An item can match only if every tag of it was used after the offset in question, and the
 * last use of tags in use is in memory: the usual answer costs no read. Thread: shard.
 */
final class TagIndex {
    private static final int CACHED_MAX = 100_000;
    private static final int MATCHES_MAX = 10;

    private final Store store;
    /** Of the present commit: not in the store yet. */
    private final List<Tagged> changed = new ArrayList<>();

    private final LinkedHashMap<TagKey, Long> lastOffsets = new LinkedHashMap<>(1024, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<TagKey, Long> eldest) {
            // What the present commit used is known here alone.
            return size() > CACHED_MAX && changed.isEmpty();
        }
    };

    private record TagKey(int partitionId, byte kind, String tag) {
        byte[] row(long offset) {
            return StreamRows.tag(partitionId, kind, tag.getBytes(StandardCharsets.UTF_8), offset);
        }
    }

    private record Tagged(int partitionId, long offset, String type, List<String> tags) {}

    TagIndex(Store store) {
        this.store = store;
    }

    void add(Event event, long offset, WriteSink sink) {
        int partitionId = event.stream.partitionId();
        String type = event.type == null ? null : new String(event.type, StandardCharsets.UTF_8);
        List<String> tags = EventHeaders.tagsOf(event.tags);
        byte[] typeHash = StreamRows.u64(hash(type));
        changed.add(new Tagged(partitionId, offset, type, tags));
        for (String tag : tags) {
            addOne(new TagKey(partitionId, StreamRows.TAG, tag), offset, typeHash, sink);
        }
        if (type != null) {
            addOne(new TagKey(partitionId, StreamRows.TYPE, type), offset, typeHash, sink);
        }
    }

    private void addOne(TagKey key, long offset, byte[] typeHash, WriteSink sink) {
        sink.put(Table.STREAM_TAG, key.row(offset), typeHash);
        lastOffsets.put(key, offset);
    }

    /** Forgets the tags of an event that is erased; its type stays. */
    void eraseTags(int partitionId, List<String> tags, long offset, WriteSink sink) {
        for (String tag : tags) {
            sink.delete(Table.STREAM_TAG, new TagKey(partitionId, StreamRows.TAG, tag).row(offset));
        }
    }

    void endBatch() {
        changed.clear();
    }

    void dropPartition(int partitionId) {
        lastOffsets.keySet().removeIf(key -> key.partitionId == partitionId);
        changed.removeIf(tagged -> tagged.partitionId == partitionId);
    }

    /** Offsets after {@code afterOffset} of events that match the item, ten at most. */
    List<Long> matches(int partitionId, Item item, long afterOffset) {
        List<Long> found = new ArrayList<>();
        for (TagKey lead : leads(partitionId, item, afterOffset)) {
            scan(lead, item, afterOffset, found);
        }
        for (Tagged tagged : changed) {
            boolean candidate = tagged.partitionId == partitionId && tagged.offset > afterOffset;
            if (found.size() < MATCHES_MAX && candidate && item.matches(tagged.type, tagged.tags)) {
                found.add(tagged.offset);
            }
        }
        return found;
    }

    /** What to search by: the tag that was used last the longest ago, or each of the types. None where nothing can match. */
    private List<TagKey> leads(int partitionId, Item item, long afterOffset) {
        TagKey best = null;
        long bestOffset = Long.MAX_VALUE;
        for (String tag : item.tags()) {
            TagKey key = new TagKey(partitionId, StreamRows.TAG, tag);
            long last = lastOffset(key);
            if (last <= afterOffset) {
                return List.of();
            }
            if (last < bestOffset) {
                best = key;
                bestOffset = last;
            }
        }
        if (best != null) {
            return List.of(best);
        }
        return item.types().stream()
                .map(type -> new TagKey(partitionId, StreamRows.TYPE, type))
                .filter(key -> lastOffset(key) > afterOffset)
                .toList();
    }

    private long lastOffset(TagKey key) {
        Long cached = lastOffsets.get(key);
        if (cached != null) {
            return cached;
        }
        long[] last = {-1};
        store.scanBackward(Table.STREAM_TAG, key.row(0), key.row(-1), (row, value) -> {
            last[0] = StreamRows.offsetOfTag(row);
            return false;
        });
        lastOffsets.put(key, last[0]);
        return last[0];
    }

    private void scan(TagKey lead, Item item, long afterOffset, List<Long> found) {
        store.scan(Table.STREAM_TAG, lead.row(afterOffset + 1), lead.row(-1), (row, value) -> {
            long offset = StreamRows.offsetOfTag(row);
            if (typeMatches(item, ByteBuffer.wrap(value).getLong()) && bearsAll(lead, item, offset)) {
                found.add(offset);
            }
            return found.size() < MATCHES_MAX;
        });
    }

    private static boolean typeMatches(Item item, long typeHash) {
        return item.types().isEmpty()
                || item.types().stream().mapToLong(TagIndex::hash).anyMatch(hash -> hash == typeHash);
    }

    private boolean bearsAll(TagKey lead, Item item, long offset) {
        for (String tag : item.tags()) {
            TagKey key = new TagKey(lead.partitionId, StreamRows.TAG, tag);
            if (!key.equals(lead) && store.get(Table.STREAM_TAG, key.row(offset)) == null) {
                return false;
            }
        }
        return true;
    }

    /** The log's end decides a query for everything. */
    static boolean asksForEverything(EventQuery query) {
        return query != null && query.all();
    }

    /** FNV-1a, 64 bits, with its bits mixed; 0 for no type. */
    private static long hash(String type) {
        if (type == null) {
            return 0;
        }
        long hash = 0xcbf29ce484222325L;
        for (byte b : type.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        hash ^= hash >>> 33;
        return hash * 0xff51afd7ed558ccdL;
    }

    @Override
    public String toString() {
        return "TagIndex" + Arrays.asList(lastOffsets.size(), changed.size());
    }
}
