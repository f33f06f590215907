package dev.millrace.server.cli;

import dev.millrace.client.DeadLetter;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Trace;
import dev.millrace.client.TracedMessage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace trace}: what belongs together, what caused what, and who has handled it. */
@Command(
        name = "trace",
        abbreviateSynopsis = true,
        description = "Show what belongs to an id, over all topics, and which groups have passed it.",
        footer = {
            "",
            "Below each message stand those that its handling published. Finds messages of topics with",
            "correlation.index=on. Exits with 1 where there are none.",
            "",
            "Examples:",
            "  millrace topic create orders --set correlation.index=on",
            "  millrace trace order-process-17",
            "  millrace trace 4bf92f3577b34da6a3ce929d0e0e4736 -o json"
        })
final class TraceCommand implements Callable<Integer> {
    /** A longer chain of causes is not drawn further to the right. */
    private static final int DEPTH_SHOWN_MAX = 20;

    private final Session session;

    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    @Parameters(paramLabel = "ID", description = "A correlation id, a W3C trace id, or the id of a message.")
    private String id;

    @Option(
            names = {"-n", "--max"},
            paramLabel = "N",
            defaultValue = "10000",
            description = "At most so many messages. Default: ${DEFAULT-VALUE}.")
    private int max;

    TraceCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (max < 1) throw new ParameterException(spec.commandLine(), "--max " + max + " is less than 1.");
        if (id.isEmpty()) throw new ParameterException(spec.commandLine(), "the ID is empty.");
        Trace trace;
        TraceProgress progress;
        try (MillraceClient client = session.connect().apply(global.server(session))) {
            trace = client.admin().trace(id, max);
            if (trace.nodes().isEmpty()) {
                throw new CommandFailure("nothing belongs to " + id
                        + " in topics with correlation.index=on."
                        + " Messages from before the setting was made are not found.");
            }
            progress = TraceProgress.of(client.admin(), trace);
        }
        session.out().print(global.json() ? json(trace, progress) : table(trace, progress));
        if (trace.truncated()) session.err().println("There are more; --max shows more.");
        return CommandRunner.OK;
    }

    // ---- for people

    private String table(Trace trace, TraceProgress progress) {
        TableWriter table = new TableWriter()
                .text("MESSAGE")
                .text("TIME")
                .text("PLACE")
                .text("KEY")
                .text("ID")
                .text("PASSED BY")
                .text("WAITS FOR")
                .text("DEAD LETTERS");
        for (Trace.Node node : trace.nodes()) {
            TracedMessage message = node.message();
            List<TraceProgress.Step> steps = progress.of(message);
            table.row(
                    "  ".repeat(Math.min(node.depth(), DEPTH_SHOWN_MAX)) + nameOf(message),
                    Instant.ofEpochMilli(message.timestampMs()).toString(),
                    message.position(),
                    message.key() == null ? null : new String(message.key(), StandardCharsets.UTF_8),
                    message.id(),
                    groups(steps, step -> step.passed() && !step.parked()),
                    groups(steps, step -> !step.passed() && !step.parked()),
                    deadLetters(steps));
        }
        return table.render(session.terminal().columns());
    }

    private static String nameOf(TracedMessage message) {
        return message.type() == null ? message.position().topic() : message.type();
    }

    /** Null for none. */
    private static String groups(List<TraceProgress.Step> steps, Predicate<TraceProgress.Step> which) {
        String names =
                steps.stream().filter(which).map(TraceProgress.Step::group).collect(Collectors.joining(", "));
        return names.isEmpty() ? null : names;
    }

    private static String deadLetters(List<TraceProgress.Step> steps) {
        String texts = steps.stream()
                .filter(TraceProgress.Step::parked)
                .map(step -> step.group() + ": " + text(step.deadLetter()))
                .collect(Collectors.joining(", "));
        return texts.isEmpty() ? null : texts;
    }

    private static String text(DeadLetter letter) {
        return letter.state() + " after " + letter.attempts() + " attempts, " + letter.reason();
    }

    // ---- for scripts

    private static String json(Trace trace, TraceProgress progress) {
        JsonWriter json = new JsonWriter().begin('[');
        for (Trace.Node node : trace.nodes()) {
            TracedMessage message = node.message();
            json.begin('{')
                    .field("depth", node.depth())
                    .field("id", message.id())
                    .field("type", message.type())
                    .field("topic", message.position().topic())
                    .field("partition", message.position().partition())
                    .field("offset", message.position().offset())
                    .field("timestamp", message.timestampMs())
                    .field("key", message.key())
                    .field("valueBytes", message.valueBytes())
                    .field("correlation", message.correlation())
                    .field("causation", message.causation())
                    .field("traceparent", message.header("traceparent"));
            json.name("groups").begin('[');
            progress.of(message).forEach(step -> write(json, step));
            json.end(']').end('}');
        }
        return json.end(']').newLine().toString();
    }

    private static void write(JsonWriter json, TraceProgress.Step step) {
        json.begin('{').field("group", step.group()).name("passed").literal(step.passed());
        if (step.parked()) {
            DeadLetter letter = step.deadLetter();
            json.name("deadLetter")
                    .begin('{')
                    .field("state", letter.state())
                    .field("reason", letter.reason())
                    .field("attempts", letter.attempts())
                    .field("firstFailure", letter.firstFailureMs())
                    .field("lastFailure", letter.lastFailureMs())
                    .end('}');
        }
        json.end('}');
    }
}
