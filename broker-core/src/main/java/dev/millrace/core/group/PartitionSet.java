package dev.millrace.core.group;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** An immutable set of partition ids, in ascending order. */
public final class PartitionSet {
    public static final PartitionSet EMPTY = new PartitionSet(new int[0]);

    private final int[] ids;

    private PartitionSet(int[] sortedDistinct) {
        this.ids = sortedDistinct;
    }

    public static PartitionSet of(int... partitionIds) {
        return of(Arrays.stream(partitionIds));
    }

    public static PartitionSet of(Collection<Integer> partitionIds) {
        return of(partitionIds.stream().mapToInt(Integer::intValue));
    }

    private static PartitionSet of(IntStream partitionIds) {
        int[] ids = partitionIds.toArray();
        Arrays.sort(ids);
        int count = 0;
        for (int i = 0; i < ids.length; i++) {
            if (i == 0 || ids[i] != ids[i - 1]) {
                ids[count++] = ids[i];
            }
        }
        return wrap(count == ids.length ? ids : Arrays.copyOf(ids, count));
    }

    private static PartitionSet wrap(int[] sortedDistinct) {
        return sortedDistinct.length == 0 ? EMPTY : new PartitionSet(sortedDistinct);
    }

    public int size() {
        return ids.length;
    }

    public boolean isEmpty() {
        return ids.length == 0;
    }

    /** The id at {@code index} in ascending order. */
    public int get(int index) {
        return ids[index];
    }

    public boolean contains(int partitionId) {
        return Arrays.binarySearch(ids, partitionId) >= 0;
    }

    public boolean containsAll(PartitionSet other) {
        return other.minus(this).isEmpty();
    }

    public PartitionSet plus(PartitionSet other) {
        if (other.isEmpty()) {
            return this;
        }
        return isEmpty() ? other : of(IntStream.concat(Arrays.stream(ids), Arrays.stream(other.ids)));
    }

    public PartitionSet minus(PartitionSet other) {
        return filter(id -> !other.contains(id));
    }

    public PartitionSet intersect(PartitionSet other) {
        return filter(other::contains);
    }

    /** The ids that {@code keep} accepts; this set itself where it accepts all. */
    public PartitionSet filter(IntPredicate keep) {
        int[] kept = new int[ids.length];
        int count = 0;
        for (int id : ids) {
            if (keep.test(id)) {
                kept[count++] = id;
            }
        }
        return count == ids.length ? this : wrap(Arrays.copyOf(kept, count));
    }

    public int[] toArray() {
        return ids.clone();
    }

    public List<Integer> toList() {
        return Arrays.stream(ids).boxed().toList();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PartitionSet that && Arrays.equals(ids, that.ids);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ids);
    }

    @Override
    public String toString() {
        return Arrays.toString(ids);
    }
}
