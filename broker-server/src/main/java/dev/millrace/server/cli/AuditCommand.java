package dev.millrace.server.cli;

import dev.millrace.client.Consumer;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicInfo;
import dev.millrace.client.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace audit}: who changed what, from the broker's audit log. */
@Command(
        name = "audit",
        abbreviateSynopsis = true,
        description = "List administrative changes: when, who, what, before and after.",
        footer = {
            "",
            "json: offset, timestamp (milliseconds since 1970), action, target, who, before, after.",
            "The events are in the topic $audit.log, which can be read like any other.",
            "",
            "Examples:",
            "  millrace audit",
            "  millrace audit --since -1d --limit 1000",
            "  millrace audit --json | jq '.[] | select(.action == \"topic.delete\")'"
        })
final class AuditCommand implements Callable<Integer> {
    private static final String TOPIC = "$audit.log";
    private static final Duration ANSWER_MAX = Duration.ofSeconds(10);

    private final Session session;

    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    @Option(names = "--since", paramLabel = "TIME", description = "Only from this time on, such as -1d. Default: all.")
    private String since;

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            defaultValue = "100",
            description = "At most so many, the newest. Default: ${DEFAULT-VALUE}.")
    private int limit;

    @Option(names = "--json", description = "The same as -o json.")
    private boolean json;

    AuditCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (limit < 1) throw new ParameterException(spec.commandLine(), "--limit " + limit + " is less than 1.");
        Long sinceMs = since == null ? null : sinceMs();
        Deque<ReceivedMessage> events;
        try (MillraceClient client = session.connect().apply(global.server(session))) {
            events = read(client, sinceMs);
        }
        session.out().print(json || global.json() ? json(events) : table(events));
        return CommandRunner.OK;
    }

    private long sinceMs() {
        try {
            return Times.parseMs(since, System.currentTimeMillis());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--since: " + e.getMessage() + ".");
        }
    }

    private Deque<ReceivedMessage> read(MillraceClient client, Long sinceMs) {
        TopicInfo.Partition bounds =
                client.admin().describeTopic(TOPIC).partitions().get(0);
        long end = bounds.endOffset();
        long next = Math.max(bounds.startOffset(), end - limit);
        if (sinceMs != null) {
            StartFrom time = StartFrom.time(Instant.ofEpochMilli(sinceMs));
            next = Math.max(
                    next,
                    client.admin()
                            .findOffset(new TopicPartition(TOPIC, 0), time)
                            .offset());
        }
        Deque<ReceivedMessage> events = new ArrayDeque<>();
        if (next >= end) {
            return events;
        }
        try (Consumer consumer =
                client.consumer().topics(TOPIC).from(StartFrom.offset(next)).open()) {
            while (next < end) {
                for (ReceivedMessage event : consumer.poll(ANSWER_MAX)) {
                    next = event.offset() + 1;
                    if (event.offset() < end) events.add(event);
                }
            }
        }
        return events;
    }

    private String table(Deque<ReceivedMessage> events) {
        TableWriter table = new TableWriter()
                .text("TIME")
                .text("ACTION")
                .text("TARGET")
                .text("CLIENT")
                .text("ADDRESS");
        events.forEach(event -> table.row(
                Instant.ofEpochMilli(event.timestampMs()).toString(),
                event.header("action"),
                event.header("target"),
                event.header("client"),
                event.header("address")));
        return table.render(session.terminal().columns());
    }

    /** The events are JSON objects already; place and time go before what they say. */
    private static String json(Deque<ReceivedMessage> events) {
        return events.stream()
                .map(event -> "{\"offset\":" + event.offset() + ",\"timestamp\":" + event.timestampMs() + ","
                        + event.valueText().substring(1))
                .collect(Collectors.joining(",", "[", "]\n"));
    }
}
