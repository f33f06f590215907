package dev.millrace.core.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.testing.Seeds;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PartitionSetTest {
    @Test
    void behavesLikeASortedSet() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            TreeSet<Integer> a = randomSet(random);
            TreeSet<Integer> b = randomSet(random);
            PartitionSet first = PartitionSet.of(a);
            PartitionSet second = PartitionSet.of(b);

            assertThat(first.toList()).containsExactlyElementsOf(a);
            assertThat(first.containsAll(second)).isEqualTo(a.containsAll(b));
            assertThat(first.equals(second)).isEqualTo(a.equals(b));
            assertThat(first.contains(3)).isEqualTo(a.contains(3));
            TreeSet<Integer> union = new TreeSet<>(a);
            union.addAll(b);
            assertThat(first.plus(second).toList()).containsExactlyElementsOf(union);
            TreeSet<Integer> both = new TreeSet<>(a);
            both.retainAll(b);
            assertThat(first.intersect(second).toList()).containsExactlyElementsOf(both);
            a.removeAll(b);
            assertThat(first.minus(second).toList()).containsExactlyElementsOf(a);
        }
    }

    @Test
    void countsDoubleIdsOnce() {
        assertThat(PartitionSet.of(List.of(2, 1, 2))).isEqualTo(PartitionSet.of(1, 2));
        assertThat(PartitionSet.of()).isSameAs(PartitionSet.EMPTY);
    }

    @Test
    void isNotChangedThroughItsArrays() {
        int[] ids = {1, 2};
        PartitionSet set = PartitionSet.of(ids);
        ids[0] = 9;
        set.toArray()[1] = 9;
        assertThat(set).isEqualTo(PartitionSet.of(1, 2));
    }

    private static TreeSet<Integer> randomSet(Random random) {
        TreeSet<Integer> set = new TreeSet<>();
        for (int i = random.nextInt(8); i > 0; i--) {
            set.add(random.nextInt(12) - 3);
        }
        return set;
    }
}
