package dev.millrace.core.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.testing.Seeds;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Segments are found as in a sorted map, whatever was added, extended and removed. */
class SegmentsTest {
    private final Segments segments = new Segments();

    private static Segment segment(long baseOffset, long lastOffset) {
        return Segment.startedBy(new Chunk(baseOffset, lastOffset, 0, 0, 1), 7);
    }

    @Test
    void findsWhatASortedMapFinds() {
        long seed = Seeds.first();
        Random random = new Random(seed);
        TreeMap<Long, Segment> expected = new TreeMap<>();
        long end = 0;
        for (int step = 0; step < 20_000; step++) {
            switch (random.nextInt(6)) {
                case 0, 1 -> {
                    Segment added = segment(end, end + random.nextInt(50));
                    end = added.lastOffset() + 1;
                    segments.add(added);
                    expected.put(added.baseOffset(), added);
                }
                case 2, 3, 4 -> {
                    if (!expected.isEmpty()) {
                        end += 1 + random.nextInt(10);
                        Segment extended = segment(expected.lastKey(), end - 1);
                        segments.extendNewest(extended);
                        expected.put(extended.baseOffset(), extended);
                    }
                }
                default -> {
                    long before = end - random.nextInt(2000) + (random.nextInt(50) == 0 ? 3000 : 0);
                    segments.removeBefore(before);
                    expected.headMap(before).clear();
                }
            }
            long offset = end - random.nextInt(2500) + 20;
            String what = "offset " + offset + " at step " + step + ", seed=" + seed;
            assertThat(segments.floor(offset)).as(what).isSameAs(valueOf(expected.floorEntry(offset)));
            assertThat(segments.ceiling(offset)).as(what).isSameAs(valueOf(expected.ceilingEntry(offset)));
            assertThat(segments.newest()).as(what).isSameAs(valueOf(expected.lastEntry()));
            if (step % 100 == 0) {
                assertThat(segments.from(offset))
                        .as(what)
                        .containsExactlyElementsOf(expected.tailMap(offset).values());
                assertThat(segments.all()).as(what).containsExactlyElementsOf(expected.values());
            }
        }
    }

    private static Segment valueOf(Map.Entry<Long, Segment> entry) {
        return entry == null ? null : entry.getValue();
    }
}
