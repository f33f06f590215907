package dev.millrace.dashboard;

/** A time range and the distance of the points in it. Units: seconds, since the epoch where they are points in time. */
record TimeRange(long fromSecond, long toSecond, long stepSeconds) {
    /** So many points of a line can be told apart in the widest panel. */
    private static final int POINTS_MAX = 120;

    static TimeRange last(long seconds, long nowSecond) {
        long step = Math.max(1, (seconds + POINTS_MAX - 1) / POINTS_MAX);
        return new TimeRange(nowSecond - seconds, nowSecond, step);
    }

    long seconds() {
        return toSecond - fromSecond;
    }
}
