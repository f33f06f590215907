package dev.millrace.core.time;

/**
 * The time of one batch of commands, read several ways, because a machine's clock can be wrong for a while. The proposer
 * reads them; applying uses nothing else. See {@link BrokerClock} for what each keeps to.
 *
 * @param nowMs what is written down, such as append times: never too early
 * @param dueMs by which stored things expire: never too late, so that nothing goes for a clock that ran ahead
 * @param steadyMs by which sessions end: no clock moves it, and time in which the broker stood still does not count
 * @param believedMs what the time most likely is; a delay counts from it, so that it is over when {@code dueMs} says so
 *     and not before
 */
public record Stamp(long nowMs, long dueMs, long steadyMs, long believedMs) {
    /** All the same, for tests that move time by hand. */
    public static Stamp of(long nowMs) {
        return new Stamp(nowMs, nowMs, nowMs, nowMs);
    }
}
