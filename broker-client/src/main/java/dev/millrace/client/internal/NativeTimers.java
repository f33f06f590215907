package dev.millrace.client.internal;

import dev.millrace.client.Timers;
import dev.millrace.core.wire.TimerFrames;
import dev.millrace.core.wire.TimerRef;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Looks at and takes back messages that wait for their time. Thread: any. */
final class NativeTimers implements Timers {
    private static final int PAGE = 1_000;

    private final Link link;
    private final TopicDirectory topics;

    NativeTimers(Link link) {
        this.link = link;
        this.topics = new TopicDirectory(link);
    }

    @Override
    public boolean cancel(String topic, String timerKey) {
        Checks.require(timerKey != null && !timerKey.isEmpty(), "timerKey", timerKey, "a text of 1 to 1024 bytes");
        return cancel(new TimerRef(topicId(topic), timerKey, 0, 0));
    }

    @Override
    public boolean cancel(Pending timer) {
        return cancel(new TimerRef(timer.topicId(), null, timer.dueMs(), timer.sequence()));
    }

    private boolean cancel(TimerRef timer) {
        return Waiting.on(link.call(new TimerFrames.CancelTimer(timer), TimerFrames.TimerCancelled.class, true))
                .found();
    }

    private UUID topicId(String topic) {
        return Waiting.on(topics.describe(topic)).topicId();
    }

    @Override
    public List<Pending> list(String topic, int countMax) {
        Checks.atLeast("countMax", countMax, 1);
        UUID topicId = topic == null ? null : topicId(topic);
        List<Pending> listed = new ArrayList<>();
        long dueMs = 0;
        long sequence = 0;
        while (dueMs >= 0 && listed.size() < countMax) {
            TimerFrames.Timers page = Waiting.on(link.call(
                    new TimerFrames.ListTimers(topicId, dueMs, sequence, Math.min(PAGE, countMax - listed.size())),
                    TimerFrames.Timers.class,
                    true));
            page.timers().forEach(timer -> listed.add(pending(timer)));
            dueMs = page.nextDueMs();
            sequence = page.nextSequence();
        }
        return listed;
    }

    private static Pending pending(TimerFrames.TimerInfo timer) {
        return new Pending(
                timer.topic(),
                timer.topicId(),
                timer.partition(),
                timer.dueMs(),
                timer.sequence(),
                timer.key(),
                timer.bytes());
    }
}
