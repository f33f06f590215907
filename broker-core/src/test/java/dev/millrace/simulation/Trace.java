package dev.millrace.simulation;

import java.util.ArrayList;
import java.util.List;

/** What happened, line by line: a hash over all of it, and the last lines in words. */
final class Trace {
    private static final int KEPT = 60;

    private final Agenda agenda;
    private final boolean print;
    private final String[] last = new String[KEPT];
    private long count;
    private long hash = 1125899906842597L;

    Trace(Agenda agenda, boolean print) {
        this.agenda = agenda;
        this.print = print;
    }

    void add(String line) {
        long micros = agenda.nowMicros();
        for (int i = 0; i < line.length(); i++) {
            hash = 31 * hash + line.charAt(i);
        }
        hash = 31 * hash + micros;
        last[(int) (count++ % KEPT)] = micros + " " + line;
        if (print) {
            System.out.println(micros + " " + line);
        }
    }

    /** The same for the same lines at the same times. */
    long hash() {
        return hash;
    }

    long lineCount() {
        return count;
    }

    List<String> lastLines() {
        List<String> lines = new ArrayList<>();
        for (long i = Math.max(0, count - KEPT); i < count; i++) {
            lines.add(last[(int) (i % KEPT)]);
        }
        return lines;
    }
}
