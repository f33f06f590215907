package dev.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicPartition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ProjectionTrackTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 3);

    private static ProjectionTask handOut(ProjectionTrack track, long offset) {
        StoredEvent event = new StoredEvent("orders", 3, offset, null, 0, 0, null, List.of());
        ProjectionTask task = new ProjectionTask(event, track);
        track.handOut(task);
        track.handedOutTo(offset + 1);
        return task;
    }

    @Test
    void whatIsPassedEndsAtTheFirstUnfinishedEvent() {
        ProjectionTrack track = new ProjectionTrack(PARTITION, 10, false);
        assertThat(track.passed()).isEqualTo(10);
        ProjectionTask first = handOut(track, 10);
        ProjectionTask second = handOut(track, 12);
        track.finished(second);
        assertThat(track.passed()).isEqualTo(10);
        track.finished(first);
        assertThat(track.passed()).isEqualTo(13);
        track.handedOutTo(20);
        assertThat(track.passed()).as("nothing for this projection in between").isEqualTo(20);
    }

    @Test
    void finishedEventsWaitForTheirCommitWhereTheyAreKept() {
        ProjectionTrack track = new ProjectionTrack(PARTITION, 0, true);
        ProjectionTask first = handOut(track, 0);
        ProjectionTask second = handOut(track, 1);
        ProjectionTask third = handOut(track, 2);
        track.finished(first);
        track.finished(third);
        assertThat(track.passed()).isZero();
        assertThat(track.prefix(10)).isEqualTo(new ProjectionTrack.Prefix(List.of(first), 1));
        track.finished(second);
        assertThat(track.prefix(2)).isEqualTo(new ProjectionTrack.Prefix(List.of(first, second), 2));
        assertThat(track.prefix(3)).isEqualTo(new ProjectionTrack.Prefix(List.of(first, second, third), 3));
        track.remove(2);
        assertThat(track.passed()).isEqualTo(2);
        assertThat(track.inHandCount()).isEqualTo(1);
    }

    @Test
    void inAnyOrderOfFinishingNothingUnfinishedIsPassed() {
        String given = System.getProperty("seed", "");
        long seed = given.isEmpty() ? System.nanoTime() : Long.parseLong(given);
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            ProjectionTrack track = new ProjectionTrack(PARTITION, 0, false);
            List<ProjectionTask> open = new ArrayList<>();
            long offset = 0;
            for (int step = 0; step < 50; step++) {
                if (open.isEmpty() || random.nextBoolean()) {
                    offset += 1 + random.nextInt(3);
                    open.add(handOut(track, offset));
                } else {
                    track.finished(open.remove(random.nextInt(open.size())));
                }
                long first = open.stream()
                        .mapToLong(task -> task.event.offset())
                        .min()
                        .orElse(offset + 1);
                assertThat(track.passed()).as("seed=" + seed).isEqualTo(first);
            }
        }
    }

    /** Positions in users' databases rest on it. */
    @Test
    void theLaneOfAKeyNeverChanges() {
        assertThat(ProjectionTask.lane("order-17".getBytes(StandardCharsets.UTF_8), 0))
                .isEqualTo(ProjectionTask.lane("order-17".getBytes(StandardCharsets.UTF_8), 7))
                .isEqualTo(10);
        assertThat(ProjectionTask.lane(new byte[0], 0)).isEqualTo(14);
        assertThat(ProjectionTask.lane(null, 5)).isEqualTo(5);
        assertThat(ProjectionTask.lane(null, 21)).isEqualTo(5);
    }
}
