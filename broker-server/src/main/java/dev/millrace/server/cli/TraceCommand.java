package dev.millrace.server.cli;

import dev.millrace.client.MillraceClient;
import dev.millrace.client.Retry;
import dev.millrace.client.TracedMessage;
import dev.millrace.server.trace.ClientTraceSource;
import dev.millrace.server.trace.TraceJson;
import dev.millrace.server.trace.TraceReport;
import dev.millrace.server.trace.TraceReport.Letter;
import dev.millrace.server.trace.TraceReport.Step;
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
        description = "Show what belongs to an id, over all topics, and how far the groups are with it.",
        footer = {
            "",
            "Below each message stand those that its handling published. Finds messages of topics with",
            "correlation.index=on. Exits with 1 where there are none.",
            "RETRIES are groups whose handlers have begun a message and not finished it, or in which its",
            "key is parked.",
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
        TraceReport report;
        try (MillraceClient client = session.connect().apply(global.server(session))) {
            report = TraceReport.of(new ClientTraceSource(client.admin()), id, max);
        }
        if (report.entries().isEmpty()) throw new CommandFailure(TraceReport.nothing(id));
        session.out().print(global.json() ? TraceJson.of(report) + "\n" : table(report));
        if (report.truncated()) session.err().println("There are more; --max shows more.");
        return CommandRunner.OK;
    }

    private String table(TraceReport report) {
        TableWriter table = new TableWriter()
                .text("MESSAGE")
                .text("TIME")
                .text("PLACE")
                .text("KEY")
                .text("ID")
                .text("PASSED BY")
                .text("WAITS FOR")
                .text("RETRIES")
                .text("DEAD LETTERS");
        for (TraceReport.Entry entry : report.entries()) {
            TracedMessage message = entry.message();
            List<Step> steps = entry.steps();
            table.row(
                    "  ".repeat(Math.min(entry.depth(), DEPTH_SHOWN_MAX)) + nameOf(message),
                    Instant.ofEpochMilli(message.timestampMs()).toString(),
                    message.position(),
                    message.key() == null ? null : new String(message.key(), StandardCharsets.UTF_8),
                    message.id(),
                    groups(steps, step -> step.passed() && !step.parked()),
                    groups(steps, step -> !step.passed() && !step.parked()),
                    retries(steps),
                    deadLetters(steps));
        }
        return table.render(session.terminal().columns());
    }

    private static String nameOf(TracedMessage message) {
        return message.type() == null ? message.position().topic() : message.type();
    }

    /** Null for none. */
    private static String groups(List<Step> steps, Predicate<Step> which) {
        String names = steps.stream().filter(which).map(Step::group).collect(Collectors.joining(", "));
        return names.isEmpty() ? null : names;
    }

    private static String retries(List<Step> steps) {
        String texts = steps.stream()
                .filter(step -> step.retry() != null)
                .map(step -> step.group() + ": " + text(step.retry()))
                .collect(Collectors.joining(", "));
        return texts.isEmpty() ? null : texts;
    }

    private static String text(Retry retry) {
        StringBuilder text = new StringBuilder(retry.keyParked() ? "its key is parked" : "");
        if (retry.attempts() > 0) {
            boolean waits = retry.nextTryMs() >= 0;
            text.append(text.isEmpty() ? "" : "; ")
                    .append("attempt ")
                    .append(retry.attempts())
                    .append(retry.attemptsMax() == 0 ? "" : " of " + retry.attemptsMax())
                    .append(waits ? " failed, next at " + Instant.ofEpochMilli(retry.nextTryMs()) : " begun");
        }
        return retry.lastError().isEmpty()
                ? text.toString()
                : text.append(", last error: ").append(retry.lastError()).toString();
    }

    private static String deadLetters(List<Step> steps) {
        String texts = steps.stream()
                .filter(Step::parked)
                .map(step -> step.group() + ": " + text(step.deadLetter()))
                .collect(Collectors.joining(", "));
        return texts.isEmpty() ? null : texts;
    }

    private static String text(Letter letter) {
        return letter.state() + " after " + letter.attempts() + " attempts, " + letter.reason();
    }
}
