package dev.millrace.core.storage;

/** Is told how far the opening of a data directory has come. Thread: the opener's. */
@FunctionalInterface
public interface RecoveryWatch {
    /** For callers that do not want to know. */
    RecoveryWatch NONE = (step, walBytes) -> {};

    /** What takes time when a broker starts after a crash, in this order. */
    enum Step {
        /** Reading the write-ahead log, to refuse the directory before anything in it changes. */
        CHECKING("the write-ahead log is being checked"),
        /** Replaying the write-ahead log, and flushing what it held. */
        REPLAYING("the write-ahead log is being replayed"),
        /** Reading the rows of topics, groups, producers and segments. */
        LOADING("topics, groups and segments are being loaded");

        private final String text;

        Step(String text) {
            this.text = text;
        }

        /** As a sentence without its full stop. */
        public String text() {
            return text;
        }
    }

    /** @param walBytes what the write-ahead log holds; the time that checking and replaying take goes with it */
    void onStep(Step step, long walBytes);
}
