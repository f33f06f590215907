package dev.millrace.core.storage;

import dev.millrace.core.storage.Store.RowVisitor;
import java.util.Iterator;
import java.util.Map;
import java.util.SortedMap;

/** Visits a table's rows with changes that it does not hold yet in their places. Thread: one. */
final class MergedRows implements RowVisitor {
    private final SortedMap<byte[], byte[]> order;
    private final Iterator<Map.Entry<byte[], byte[]>> changes;
    private final RowVisitor visitor;
    private Map.Entry<byte[], byte[]> next;
    private boolean goOn = true;

    /** @param changes in the order of the rows; a null value deletes */
    MergedRows(SortedMap<byte[], byte[]> changes, RowVisitor visitor) {
        this.order = changes;
        this.changes = changes.entrySet().iterator();
        this.visitor = visitor;
        advance();
    }

    @Override
    public boolean visit(byte[] key, byte[] value) {
        while (goOn && next != null && compareNextTo(key) < 0) {
            visitNext();
        }
        if (next != null && compareNextTo(key) == 0) {
            return goOn && visitNext();
        }
        goOn = goOn && visitor.visit(key, value);
        return goOn;
    }

    /** Visits what comes after the table's last row, unless the visitor had enough. */
    void end() {
        while (goOn && next != null) {
            visitNext();
        }
    }

    private int compareNextTo(byte[] key) {
        return order.comparator().compare(next.getKey(), key);
    }

    private boolean visitNext() {
        Map.Entry<byte[], byte[]> change = next;
        advance();
        if (change.getValue() != null) {
            // Copies: the arrays belong to the visitor.
            goOn = visitor.visit(change.getKey().clone(), change.getValue().clone());
        }
        return goOn;
    }

    private void advance() {
        next = changes.hasNext() ? changes.next() : null;
    }
}
