package dev.millrace.comparison;

import java.util.List;

/** What is measured, against what, and what it should come to. The order is that of the table in docs/BENCHMARKS.md. */
enum Figure {
    PUBLISH_1K("1", "Durable publish, 1 KiB records", "records/s", "Kafka without fsync", 2.0, 3.0),
    PUBLISH_100B("2", "Durable publish, 100-byte records", "records/s", "Kafka without fsync", 4.0, 6.0),
    PUBLISH_SYNCED("3", "Publish in small batches, both sync", "records/s", "Kafka, flush.messages=1", 3.0, 10.0),
    PARTITIONS_10000("4", "Publish to 10,000 partitions", "records/s", "Millrace, 16 partitions", 0.8, 0.95),
    WAITING_1000("5", "1,000 publishers that each wait", "records/s", "Millrace, 1 publisher", 50, 200),
    LATENCY_P50("6a", "Publish to delivery at 1,000 records/s, p50", "ms", "Kafka without fsync", 0.7, 0.4),
    LATENCY_P99("6b", "Publish to delivery at 1,000 records/s, p99", "ms", "Kafka without fsync", 0.5, 0.25),
    LATENCY_DEVICE("7", "The same p50 over a bare sync", "ms", "fdatasync of 4 KiB, p50", 2.0, 1.4),
    CATCH_UP("8", "Catch-up read, 1 consumer", "MiB/s", "Kafka", 3.0, 5.0),
    FAN_OUT("9", "Delivered to 10 groups while published", "MiB/s", "Kafka without fsync", 2.0, 4.0),
    DEVICE_SHARE("10", "Durable publish, 64 KiB records", "MiB/s", "half of the device's", 0.8, 0.95),
    CPU_PER_GB("11", "Broker CPU to publish, 1 KiB records", "CPU s/GB", "Kafka without fsync", 0.7, 0.5),
    READY("12a", "Start on empty data until ready", "s", "Kafka", 1.5, 0.8),
    HELP("12b", "`millrace --help`", "s", null, 0.4, 0.25),
    MEMORY_IDLE("12c", "Resident memory, idle", "MiB", "Kafka", 250, 150),
    MEMORY_TOPICS("12d", "Resident memory with 10,000 topics", "MiB", null, 512, 350),
    VALIDATED_ID("13a", "Publish, the schema's id checked", "records/s", "Millrace, unchecked", 0.95, 1.0),
    VALIDATED_FULL("13b", "Publish, each record checked by Avro", "records/s", "Millrace, unchecked", 0.5, 0.75);

    /** How the value of a run is taken. */
    enum Judged {
        /** The quotient of both sides. */
        RATIO,
        /** Our side alone; the other stands beside it. */
        ITSELF
    }

    private static final List<Figure> JUDGED_ITSELF = List.of(READY, HELP, MEMORY_IDLE, MEMORY_TOPICS);

    final String number;
    final String title;
    final String unit;
    /** What is measured beside ours, or null. */
    final String other;

    final double least;
    final double aim;

    Figure(String number, String title, String unit, String other, double least, double aim) {
        this.number = number;
        this.title = title;
        this.unit = unit;
        this.other = other;
        this.least = least;
        this.aim = aim;
    }

    Judged judged() {
        return JUDGED_ITSELF.contains(this) ? Judged.ITSELF : Judged.RATIO;
    }

    boolean moreIsBetter() {
        return aim > least;
    }

    boolean againstKafka() {
        return other != null && other.startsWith("Kafka");
    }

    boolean reaches(double value, double target) {
        return moreIsBetter() ? value >= target : value <= target;
    }
}
