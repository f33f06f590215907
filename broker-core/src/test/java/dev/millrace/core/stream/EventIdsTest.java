package dev.millrace.core.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventBatches;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The ids of events, held against a map that forgets nothing. */
class EventIdsTest {
    private static final long WINDOW_MS = 1_000_000;
    private static final long START_MS = 1_700_000_000_000L;

    private MemoryStore store = new MemoryStore();
    private IdLimits limits = new IdLimits(50, 200);
    private EventIds ids = new EventIds(store, limits);
    private long nowMs = START_MS;
    private long nextOffset;
    private final Map<UUID, Added> model = new HashMap<>();

    private record Added(int partitionId, long offset, long atMs) {}

    @AfterEach
    void close() {
        store.close();
    }

    private static List<Event> events(int partitionId, List<UUID> eventIds) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        for (UUID id : eventIds) {
            builder.append(1, "s".getBytes(StandardCharsets.UTF_8), new byte[] {1}, List.of(EventHeaders.id(id)));
        }
        return Event.in(partitionId, EventBatches.withPlaceForVersion(builder.build(), 1 << 20));
    }

    /** One commit of ids that are new. */
    private void commit(int partitionId, List<UUID> eventIds) {
        WriteSink sink = store.begin();
        ids.beginBatch(nowMs);
        for (Event event : events(partitionId, eventIds)) {
            assertThat(find(partitionId, event)).as("%s is new", event.id()).isNull();
            event.version = nextOffset;
            ids.add(event, nextOffset, 7, nowMs);
            assertThat(find(partitionId, event).offset()).isEqualTo(nextOffset);
            model.put(event.id(), new Added(partitionId, nextOffset++, nowMs));
        }
        ids.endBatch(sink);
        store.commit(sink);
        store.sync();
    }

    private void restart(Random random) {
        store = store.crash(random);
        ids = new EventIds(store, limits);
    }

    private void checkAll() {
        ids.beginBatch(nowMs);
        model.forEach((id, added) -> {
            EventIds.Known known = find(added.partitionId, id);
            if (added.atMs <= nowMs - WINDOW_MS) {
                assertThat(known).as("%s left its window", id).isNull();
            } else {
                assertThat(known).as("%s is remembered", id).isNotNull();
                assertThat(known.offset()).isEqualTo(added.offset);
                assertThat(known.version()).isEqualTo(added.offset);
                assertThat(known.streamId()).isEqualTo(7);
                assertThat(known.appendMs()).isEqualTo(added.atMs);
            }
            assertThat(find(added.partitionId + 1, id))
                    .as("%s in another partition", id)
                    .isNull();
        });
    }

    private EventIds.Known find(int partitionId, UUID id) {
        return find(partitionId, events(partitionId, List.of(id)).get(0));
    }

    private EventIds.Known find(int partitionId, Event event) {
        return ids.find(partitionId, List.of(event), WINDOW_MS)[0];
    }

    private static List<UUID> draw(Random random, int count) {
        List<UUID> drawn = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            drawn.add(new UUID(random.nextLong(), random.nextLong()));
        }
        return drawn;
    }

    @Test
    void noIdIsForgottenInsideItsWindowAndNoneIsMadeUp() {
        long seed = Seeds.first();
        Random random = new Random(seed);
        try {
            for (int i = 0; i < 120; i++) {
                commit(random.nextInt(3) * 2, draw(random, 1 + random.nextInt(60)));
                nowMs += random.nextInt(20_000);
                if (random.nextInt(4) == 0) {
                    restart(random);
                }
                if (random.nextInt(8) == 0) {
                    expire();
                }
                if (i % 20 == 19) {
                    checkAll();
                }
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("with -Dseed=" + seed, e);
        }
    }

    private void expire() {
        WriteSink sink = store.begin();
        ids.beginBatch(nowMs);
        ids.expire(WINDOW_MS, sink);
        ids.endBatch(sink);
        store.commit(sink);
        store.sync();
    }

    @Test
    void anEpochOfManyPagesIsSealedInPartsAndFoundBeforeDuringAndAfterAndAfterARestart() {
        limits = new IdLimits(20_000, 1 << 20);
        ids = new EventIds(store, limits);
        Random random = new Random(3);
        for (int i = 0; i < 20; i++) {
            commit(0, draw(random, 1_000));
        }
        checkAll();
        // 32,768 slots go in parts of 8,192.
        for (int i = 0; i < 2; i++) {
            commit(0, draw(random, 1));
        }
        checkAll();
        restart(random);
        checkAll();
        for (int i = 0; i < 8; i++) {
            commit(0, draw(random, 1));
        }
        checkAll();
        restart(random);
        checkAll();
    }

    @Test
    void idsWithoutAFilterInMemoryAreFoundOnTheDisk() {
        limits = new IdLimits(40, 0);
        ids = new EventIds(store, limits);
        Random random = new Random(4);
        for (int i = 0; i < 20; i++) {
            commit(0, draw(random, 17));
        }
        checkAll();
        restart(random);
        checkAll();
    }

    @Test
    void idsThatLeftEveryWindowLeaveTheDisk() {
        Random random = new Random(5);
        for (int i = 0; i < 10; i++) {
            commit(0, draw(random, 30));
        }
        nowMs += WINDOW_MS / 2;
        commit(0, draw(random, 30));
        nowMs += WINDOW_MS / 2;
        expire();
        checkAll();
        int[] rows = {0};
        store.scan(Table.EVENT_ID, new byte[0], StreamRows.AFTER_ALL, (key, value) -> {
            rows[0]++;
            return true;
        });
        // Of 300 that left, at most those in an epoch with newer ones; a page, a filter, a mark and its runs each.
        assertThat(rows[0]).isLessThan(12);
        restart(random);
        checkAll();
    }

    @Test
    void anIdThatComesAgainAfterItsWindowIsFoundWhereItCameLast() {
        Random random = new Random(6);
        List<UUID> one = draw(random, 1);
        commit(0, one);
        nowMs += WINDOW_MS;
        commit(0, one);
        nowMs += WINDOW_MS - 1;
        checkAll();
        nowMs += 1;
        checkAll();
    }

    /** Whose hashes are the same by chance. */
    @Test
    void anIdThatDiffersInOneHalfOnlyIsAnother() {
        UUID id = new UUID(3, 5);
        IdRun run = IdRun.begin(0, nowMs, nowMs);
        run.add(events(2, List.of(id)).get(0), 0, 7);
        assertThat(run.find(0, 2, 3, 5)).as("the same").isNotNull();
        assertThat(run.find(0, 2, 3, 6)).as("is another").isNull();
        assertThat(run.find(0, 2, 4, 5)).as("is another").isNull();
        assertThat(run.find(0, 1, 3, 5)).as("is another").isNull();
    }

    @Test
    void aRowThatCannotBeReadIsToldAndTriedAgain() {
        Random random = new Random(8);
        commit(0, draw(random, 3));
        restart(random);
        String damaged = null;
        while (damaged == null) {
            // It draws a table first, and only one has rows.
            damaged = store.flipRow(random);
        }
        UUID id = model.keySet().iterator().next();
        ids.beginBatch(nowMs);
        assertThatThrownBy(() -> find(0, id)).isInstanceOf(StoreException.class);
        store.repair();
        nowMs += 999;
        ids.beginBatch(nowMs);
        assertThatThrownBy(() -> find(0, id)).isInstanceOf(StoreException.class);
        nowMs += 1;
        checkAll();
    }
}
