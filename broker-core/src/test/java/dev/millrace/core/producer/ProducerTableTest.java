package dev.millrace.core.producer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.error.Fault;
import dev.millrace.core.producer.ProducerTable.Verdict;
import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.Store;
import org.junit.jupiter.api.Test;

/** The rules by which a batch that is sent twice is appended once. */
class ProducerTableTest {
    private static final int PARTITION = 3;
    private static final short EPOCH = 0;

    private final Store store = new MemoryStore();
    private final ProducerTable table = new ProducerTable(2);

    ProducerTableTest() {
        table.load(store);
    }

    private void append(long producerId, int sequence, int count, long nowMs) {
        table.appended(
                PARTITION, producerId, EPOCH, sequence, new ProducerState.Appended(count, 100L + sequence, nowMs));
    }

    private Verdict check(long producerId, int sequence, int count) {
        return table.check(PARTITION, producerId, EPOCH, sequence, count);
    }

    private static Fault faultOf(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Refused.class);
        return ((Verdict.Refused) verdict).refusal().fault();
    }

    @Test
    void sequencesGoOnAtZeroAfterTheLargest() {
        long id = table.allocate(store.begin());
        append(id, Integer.MAX_VALUE - 1, 1, 0);
        assertThat(check(id, Integer.MAX_VALUE, 3)).isInstanceOf(Verdict.Append.class);
        append(id, Integer.MAX_VALUE, 3, 0);
        assertThat(check(id, 2, 1)).isInstanceOf(Verdict.Append.class);
        assertThat(faultOf(check(id, 0, 1))).isEqualTo(Fault.OUT_OF_ORDER_SEQUENCE);
        assertThat(check(id, Integer.MAX_VALUE, 3)).isInstanceOf(Verdict.Duplicate.class);
    }

    @Test
    void aPartOfABatchIsNoDuplicate() {
        long id = table.allocate(store.begin());
        append(id, 0, 5, 0);
        assertThat(faultOf(check(id, 0, 4))).isEqualTo(Fault.OUT_OF_ORDER_SEQUENCE);
        assertThat(faultOf(check(id, 1, 4))).isEqualTo(Fault.OUT_OF_ORDER_SEQUENCE);
        assertThat(faultOf(check(id, 4, 2))).isEqualTo(Fault.OUT_OF_ORDER_SEQUENCE);
        assertThat(check(id, 0, 5)).isEqualTo(new Verdict.Duplicate(100, 0));
        assertThat(check(id, 5, 1)).isInstanceOf(Verdict.Append.class);
    }

    @Test
    void anOlderEpochIsFencedAndANewerOneStartsAtZero() {
        long id = table.allocate(store.begin());
        table.appended(PARTITION, id, (short) 2, 0, new ProducerState.Appended(1, 0, 0));
        assertThat(faultOf(table.check(PARTITION, id, (short) 1, 1, 1))).isEqualTo(Fault.FENCED_PRODUCER);
        assertThat(faultOf(table.check(PARTITION, id, (short) 3, 1, 1))).isEqualTo(Fault.OUT_OF_ORDER_SEQUENCE);
        assertThat(table.check(PARTITION, id, (short) 3, 0, 1)).isInstanceOf(Verdict.Append.class);
    }

    @Test
    void whereThereAreTooManyTheLongestSilentAreForgotten() {
        for (int i = 0; i < 5; i++) {
            append(table.allocate(store.begin()), 0, 1, 1000 - i);
        }
        assertThat(table.expire(0, store.begin())).isEqualTo(3);
        assertThat(check(1, 0, 1)).isInstanceOf(Verdict.Duplicate.class);
        assertThat(check(2, 0, 1)).isInstanceOf(Verdict.Duplicate.class);
        assertThat(faultOf(check(3, 1, 1))).isEqualTo(Fault.UNKNOWN_PRODUCER);
        assertThat(table.expire(0, store.begin())).isZero();
    }
}
