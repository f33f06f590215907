package dev.millrace.core.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.Table;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Looks into the store as seldom as it can: 10 million new streams were written at 8,000 a second with two looks each. */
class HeadTableTest {
    private static final StreamKey ORDER = new StreamKey(1, "order-7".getBytes(StandardCharsets.UTF_8));

    private int looks;
    private final MemoryStore store = new MemoryStore() {
        @Override
        public byte[] get(Table table, byte[] key) {
            looks++;
            return super.get(table, key);
        }
    };
    private final HeadTable heads = new HeadTable(store, 1 << 20);

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void aStreamThatIsNotThereIsLookedForOnceInACommit() {
        assertThat(heads.find(ORDER)).isNull();
        assertThat(heads.find(ORDER)).isNull();

        assertThat(looks).isEqualTo(1);
    }

    @Test
    void whatOneCommitDidNotFindTheNextLooksForAgain() {
        heads.find(ORDER);
        heads.endBatch(store.begin());

        heads.find(ORDER);

        assertThat(looks).isEqualTo(2);
    }

    @Test
    void aStreamThatTheCommitBeganIsFoundWithoutALook() {
        heads.find(ORDER);
        StreamHead begun = StreamHead.startingAt(40);
        heads.put(ORDER, begun);

        assertThat(heads.find(ORDER)).isEqualTo(begun);
        heads.endBatch(store.begin());
        assertThat(heads.find(ORDER)).isEqualTo(begun);
        assertThat(looks).isEqualTo(1);
    }
}
