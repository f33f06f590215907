package dev.millrace.server.bench;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The topics of a run: created where they are missing, deleted at the end where the run created them. */
final class BenchTopics implements AutoCloseable {
    private final Target target;
    private final List<String> names;
    private final List<String> created;
    private final boolean keep;
    private final int partitions;
    private final double createSeconds;
    private final Consumer<String> warnings;

    private BenchTopics(Target target, BenchPlan.Topics plan, Consumer<String> warnings) {
        this.target = target;
        this.warnings = warnings;
        this.names = plan.names();
        this.keep = plan.keep();
        Map<String, Integer> existing = target.partitions(names);
        existing.forEach((topic, count) -> requireFit(topic, count, plan.partitions()));
        this.created =
                names.stream().filter(name -> !existing.containsKey(name)).toList();
        int fresh = Math.max(1, plan.partitions());
        long startNanos = System.nanoTime();
        if (!created.isEmpty()) target.createTopics(created, fresh);
        this.createSeconds = (System.nanoTime() - startNanos) / 1e9;
        this.partitions = existing.values().stream().mapToInt(Integer::intValue).sum() + fresh * created.size();
    }

    /** Fails: where a topic has another number of partitions than asked for. */
    static BenchTopics prepare(Target target, BenchPlan.Topics plan, Consumer<String> warnings) {
        return new BenchTopics(target, plan, warnings);
    }

    /**
     * Takes what is there.
     *
     * @throws BenchException where a topic is missing
     */
    static BenchTopics existing(Target target, BenchPlan.Topics plan, Consumer<String> warnings) {
        Map<String, Integer> existing = target.partitions(plan.names());
        for (String name : plan.names()) {
            if (!existing.containsKey(name)) {
                throw new BenchException("there is no topic " + name
                        + " to read. Fill one with `millrace bench pub --keep`, or name another with --topic.");
            }
        }
        return new BenchTopics(target, plan, warnings);
    }

    private static void requireFit(String topic, int count, int wanted) {
        if (wanted > 0 && count != wanted) {
            throw new BenchException("the topic " + topic + " is there and has " + count + " partitions, not " + wanted
                    + ". Leave out --partitions, delete the topic, or name another with --topic.");
        }
    }

    List<String> names() {
        return names;
    }

    /** Of all topics together. */
    int partitions() {
        return partitions;
    }

    int createdCount() {
        return created.size();
    }

    double createSeconds() {
        return createSeconds;
    }

    @Override
    public void close() {
        if (keep || created.isEmpty()) return;
        try {
            target.deleteTopics(created);
        } catch (RuntimeException e) {
            warnings.accept("topics were left behind (" + created.get(0) + (created.size() > 1 ? ", ..." : "") + "): "
                    + e.getMessage());
        }
    }
}
