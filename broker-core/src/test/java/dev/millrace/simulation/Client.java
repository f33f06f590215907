package dev.millrace.simulation;

/** Somebody who uses the broker; once faults have ended, each must get to the end of what it does. */
interface Client {
    void start();

    /** What it still waits for, in words, or null. */
    String unfinished();
}
