package dev.millrace.server.cli;

import dev.millrace.client.Consumer;
import dev.millrace.client.ConsumerBuilder;
import dev.millrace.client.EventFilter;
import dev.millrace.client.EventSubscriptionBuilder;
import dev.millrace.client.GroupBuilder;
import dev.millrace.client.GroupConsumer;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.core.time.Units;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace sub}: prints the messages of topics, alone or as a member of a group. */
@Command(
        name = "sub",
        abbreviateSynopsis = true,
        description = "Print the messages of a topic, one per line, until stopped.",
        footer = {
            "",
            "json: topic, partition, offset, timestamp (milliseconds since 1970), key, headers, value.",
            "Keys and values that are no UTF-8 are written as {\"base64\":\"...\"}.",
            "",
            "With --group the members share the partitions, and what was printed is committed, also on Ctrl-C.",
            "--type, --tag and --key-prefix are applied in the broker, to events and to other messages alike.",
            "",
            "Examples:",
            "  millrace sub orders --from earliest --idle-exit 2s",
            "  millrace sub 'orders.>' --group billing --max 100",
            "  millrace sub orders --from -1h --format value | jq .total",
            "  millrace sub orders --from earliest --type OrderPaid --tag customer:7"
        })
final class SubCommand implements Callable<Integer> {
    /** How long a stop waits at most for a poll that waits for messages. */
    private static final long POLL_MS = 200;

    private static final Duration STOP_GRACE = Duration.ofSeconds(10);

    private final Session session;

    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    @Parameters(paramLabel = "TOPIC", description = "A topic, or a wildcard: orders.* one level, orders.> all below.")
    private String topic;

    @Option(
            names = {"-g", "--group"},
            paramLabel = "GROUP",
            description = "Read as a member of this consumer group.")
    private String group;

    @Option(
            names = "--from",
            paramLabel = "POSITION",
            description = "earliest, latest, an offset, a time (RFC 3339, or @ and unix seconds or milliseconds), or"
                    + " -1h. Default: latest; in a group, which starts here only where it has committed nothing,"
                    + " earliest.")
    private String from;

    @Option(names = "--partition", paramLabel = "P", description = "Only this one; can be repeated. Default: all.")
    private List<Integer> partitions = new ArrayList<>();

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "Only messages of this type ($type); can be repeated: of any of these.")
    private List<String> types = new ArrayList<>();

    @Option(
            names = "--tag",
            paramLabel = "TAG",
            description = "Only messages with this tag ($tags); can be repeated: with all of these.")
    private List<String> tags = new ArrayList<>();

    @Option(names = "--key-prefix", paramLabel = "P", description = "Only keys that begin so.")
    private String keyPrefix;

    @Option(
            names = {"-n", "--max"},
            paramLabel = "N",
            description = "Exit after so many messages.")
    private Long max;

    @Option(
            names = "--idle-exit",
            paramLabel = "DURATION",
            description = "Exit when no message came for so long, such as 5s.")
    private String idleExit;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "json",
            description = "json or value. Default: json.")
    private RecordPrinter.Format format;

    SubCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        StartFrom start = from == null ? null : GroupCommand.position(from, "--from", spec);
        if (group != null && !partitions.isEmpty()) {
            throw wrong("--partition and --group exclude each other: the group deals out the partitions.");
        }
        if (filters() && (group != null || !partitions.isEmpty())) {
            throw wrong("--type, --tag and --key-prefix go with neither --group nor --partition.");
        }
        if (max != null && max < 1) throw wrong("--max " + max + " is less than 1.");
        long idleMs = idleExit == null ? Long.MAX_VALUE : idleMs();
        session.stop().arm(STOP_GRACE);
        try (MillraceClient client = session.connect().apply(global.server(session))) {
            if (filters()) {
                printFiltered(client, start, idleMs);
            } else if (group == null) {
                printAlone(client, start, idleMs);
            } else {
                printAsMember(client, start, idleMs);
            }
        }
        return CommandRunner.OK;
    }

    private boolean filters() {
        return !types.isEmpty() || !tags.isEmpty() || keyPrefix != null;
    }

    private void printFiltered(MillraceClient client, StartFrom start, long idleMs) {
        EventSubscriptionBuilder builder = client.subscription().topics(topic);
        builder.from(start == null ? StartFrom.latest() : start);
        if (keyPrefix != null) builder.keyPrefix(keyPrefix);
        if (!types.isEmpty() || !tags.isEmpty()) {
            builder.filter(new EventFilter(false, List.of(new EventFilter.Item(types, tags))));
        }
        try (FilteredEvents events = new FilteredEvents(builder)) {
            print(events::poll, null, idleMs);
        }
    }

    private void printAlone(MillraceClient client, StartFrom start, long idleMs) {
        ConsumerBuilder builder = client.consumer().topics(topic);
        if (start != null) builder.from(start);
        if (!partitions.isEmpty()) {
            builder.partitions(partitions.stream().mapToInt(Integer::intValue).toArray());
        }
        try (Consumer consumer = builder.open()) {
            print(consumer::poll, null, idleMs);
        }
    }

    private void printAsMember(MillraceClient client, StartFrom start, long idleMs) {
        PrintedOffsets offsets = new PrintedOffsets(session.err());
        GroupBuilder builder =
                client.group(group).topics(topic).autoCommit(false).listener(offsets);
        if (start != null) builder.startFrom(start);
        try (GroupConsumer consumer = builder.open()) {
            offsets.attach(consumer);
            printAndCommit(consumer, offsets, idleMs);
        }
    }

    private void printAndCommit(Consumer consumer, PrintedOffsets offsets, long idleMs) {
        try {
            print(consumer::poll, offsets, idleMs);
        } catch (RuntimeException failure) {
            try {
                offsets.commit();
            } catch (RuntimeException second) {
                failure.addSuppressed(second);
            }
            throw failure;
        }
        offsets.commit();
    }

    /** Waits for messages, at most so long. */
    private interface Source {
        List<ReceivedMessage> poll(Duration timeout);
    }

    /** @param offsets null where nothing is committed */
    private void print(Source source, PrintedOffsets offsets, long idleMs) {
        RecordPrinter printer = new RecordPrinter(session.out(), format);
        long left = max == null ? Long.MAX_VALUE : max;
        long lastNanos = System.nanoTime();
        while (left > 0 && !session.stop().requested()) {
            long idleLeftMs = idleMs - (System.nanoTime() - lastNanos) / 1_000_000;
            if (idleLeftMs <= 0) return;
            List<ReceivedMessage> batch = source.poll(Duration.ofMillis(Math.min(POLL_MS, idleLeftMs)));
            if (batch.isEmpty()) continue;
            boolean cut = batch.size() > left;
            List<ReceivedMessage> shown = cut ? batch.subList(0, (int) left) : batch;
            if (!printer.print(shown)) return;
            left -= shown.size();
            lastNanos = System.nanoTime();
            if (offsets == null) continue;
            if (cut) {
                offsets.printedLast(shown);
            } else {
                offsets.printed(shown);
            }
        }
    }

    private long idleMs() {
        try {
            long ms = Units.parseDurationMs(idleExit);
            if (ms > 0) return ms;
        } catch (IllegalArgumentException e) {
            throw wrong("--idle-exit: " + e.getMessage() + ".");
        }
        throw wrong("--idle-exit " + idleExit + " is not longer than 0.");
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
