package dev.millrace.comparison;

import java.util.Locale;

/** The pictures of how a cost grows: which value, over what. */
enum Plot {
    PARTITIONS_THROUGHPUT("partitions", "recordsPerSecond", "Publishing", "records/s", "partitions"),
    PARTITIONS_MEMORY("partitions", "memoryMebibytes", "The broker's resident memory", "MiB", "partitions"),
    GROUPS_THROUGHPUT("groups", "mebibytesPerSecond", "Delivered to all groups together", "MiB/s", "consumer groups"),
    GROUPS_MEMORY("groups", "memoryMebibytes", "The broker's resident memory", "MiB", "consumer groups"),
    LOG_START("log", "startSeconds", "Start after SIGKILL until ready", "s", "GiB in the log"),
    LOG_CATCH_UP("log", "mebibytesPerSecond", "Reading from the start, 1 consumer", "MiB/s", "GiB in the log");

    final String growth;
    final String value;
    final String title;
    final String unit;
    final String sizeName;

    Plot(String growth, String value, String title, String unit, String sizeName) {
        this.growth = growth;
        this.value = value;
        this.title = title;
        this.unit = unit;
        this.sizeName = sizeName;
    }

    String file() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-') + ".svg";
    }
}
