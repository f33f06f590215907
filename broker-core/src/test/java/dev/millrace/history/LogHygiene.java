package dev.millrace.history;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Looks through a daemon's log for what should never stand there; what a test provoked is allowed by name. */
public final class LogHygiene {
    private static final Pattern ALARM = Pattern.compile(
            "\\bERROR\\b|\\bFATAL\\b|^\\s+at [\\w.$]+\\(|\\bLEAK\\b|AssertionError|OutOfMemory|StackOverflow"
                    + "|Exception in thread|SIGSEGV|SIGABRT");

    private final List<Pattern> allowed = new ArrayList<>();

    /** Lines that match are expected; {@code reason} is for the reader of the test. */
    public LogHygiene allow(String regex, String reason) {
        if (reason.isBlank()) {
            throw new IllegalArgumentException("say why " + regex + " is expected");
        }
        allowed.add(Pattern.compile(regex));
        return this;
    }

    /** Reports every other alarming line. */
    public void check(String log, History history) {
        log.lines()
                .filter(line -> ALARM.matcher(line).find())
                .filter(line -> allowed.stream()
                        .noneMatch(pattern -> pattern.matcher(line).find()))
                .forEach(line -> history.report(Property.CLEAN_LOG, line));
    }
}
