package dev.millrace.core.group;

import java.util.Comparator;
import java.util.TreeSet;

/**
 * Knows what time it is for sessions, and which one may end next. A heartbeat does not move its timer: the timer is moved when it comes up, so a
 * heartbeat costs nothing here.
 */
final class SessionTimers {
    /** More than this between two commands, with ticks every 200 ms, is a clock that was set or a broker that stood still. */
    static final long STEP_MS_MAX = 500;

    private final TreeSet<Timer> timers = new TreeSet<>(
            Comparator.comparingLong(Timer::dueMs).thenComparing(Timer::group).thenComparing(Timer::memberId));
    private boolean started;
    private long clockMs;
    private long sessionMs;

    private record Timer(long dueMs, String group, String memberId) {}

    /**
     * The time that sessions count by: the proposer's clock without its jumps and without the time in which no command
     * came. So a clock that is set forward, or a broker that was stopped for a minute, ends nobody's session, and one set
     * back keeps no dead member's.
     */
    long at(long nowMs) {
        sessionMs = started ? sessionMs + Math.max(0, Math.min(nowMs - clockMs, STEP_MS_MAX)) : nowMs;
        clockMs = nowMs;
        started = true;
        return sessionMs;
    }

    void start(String group, Member member) {
        member.timerMs = member.deadlineMs();
        timers.add(new Timer(member.timerMs, group, member.memberId));
    }

    void stop(String group, Member member) {
        timers.remove(new Timer(member.timerMs, group, member.memberId));
    }

    /** Must be called where a session became shorter. */
    void restart(String group, Member member) {
        stop(group, member);
        start(group, member);
    }

    /** Takes one timer that is due, or null. Its member has no timer afterwards. */
    MemberRef pollDue(long nowMs) {
        if (timers.isEmpty() || timers.first().dueMs > nowMs) {
            return null;
        }
        Timer due = timers.pollFirst();
        return new MemberRef(due.group, due.memberId);
    }

    /** No session ends before this time. {@link Long#MAX_VALUE} where there are no sessions. */
    long nextDueMs() {
        return timers.isEmpty() ? Long.MAX_VALUE : timers.first().dueMs;
    }
}
