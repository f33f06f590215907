package dev.millrace.server.cli;

import dev.millrace.client.MillraceClient;
import dev.millrace.client.Timers.Pending;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace timer}: messages that wait for their time. */
@Command(
        name = "timer",
        abbreviateSynopsis = true,
        description = "List and cancel messages that wait for their time.",
        footer = {"", "Example: millrace timer list orders"})
final class TimerCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    private TimerCommand() {}

    static CommandLine create(Session session) {
        return new CommandLine(new TimerCommand())
                .addSubcommand(new Listing(session))
                .addSubcommand(new Cancel(session));
    }

    @Override
    public void run() {
        throw RootCommand.missingCommand(spec);
    }

    @Command(
            name = "list",
            aliases = "ls",
            abbreviateSynopsis = true,
            description = "List messages that wait for their time, the next first.",
            footer = {"", "Examples:", "  millrace timer list", "  millrace timer list orders --max 1000 -o json"})
    static final class Listing implements Callable<Integer> {
        private final Session session;

        @Spec
        private CommandSpec spec;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(arity = "0..1", paramLabel = "TOPIC", description = "Default: those of all topics.")
        private String topic;

        @Option(names = "--max", paramLabel = "N", defaultValue = "100", description = "Default: ${DEFAULT-VALUE}.")
        private int max;

        Listing(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            if (max < 1) throw new ParameterException(spec.commandLine(), "--max " + max + " is less than 1.");
            List<Pending> timers;
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                timers = client.timers().list(topic, max);
            }
            session.out().print(global.json() ? json(timers) : table(timers));
            return CommandRunner.OK;
        }

        private String table(List<Pending> timers) {
            TableWriter table = new TableWriter()
                    .text("DUE")
                    .text("TOPIC")
                    .number("PARTITION")
                    .text("KEY")
                    .number("SEQUENCE")
                    .number("SIZE");
            timers.forEach(timer -> table.row(
                    Instant.ofEpochMilli(timer.dueMs()).toString(),
                    timer.topic().isEmpty() ? "(deleted)" : timer.topic(),
                    String.valueOf(timer.partition()),
                    timer.timerKey() == null ? "-" : timer.timerKey(),
                    String.valueOf(timer.sequence()),
                    Amounts.bytes(timer.bytes())));
            return table.render(session.terminal().columns());
        }

        private static String json(List<Pending> timers) {
            JsonWriter json = new JsonWriter().begin('[');
            for (Pending timer : timers) {
                json.begin('{')
                        .field("topic", timer.topic())
                        .field("partition", timer.partition())
                        .field("due", timer.dueMs())
                        .field("sequence", timer.sequence())
                        .field("key", timer.timerKey())
                        .field("bytes", timer.bytes())
                        .end('}');
            }
            return json.end(']').newLine().toString();
        }
    }

    @Command(
            name = "cancel",
            abbreviateSynopsis = true,
            description = "Take a message back before its time.",
            footer = {
                "",
                "A message without a timer key is named by what millrace timer list shows.",
                "Exits with 1 where no such message waits.",
                "",
                "Examples:",
                "  millrace timer cancel orders o-17",
                "  millrace timer cancel orders --due 2026-12-24T18:00:00Z --sequence 4711"
            })
    static final class Cancel implements Callable<Integer> {
        private final Session session;

        @Spec
        private CommandSpec spec;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic.")
        private String topic;

        @Parameters(index = "1", arity = "0..1", paramLabel = "KEY", description = "The timer key.")
        private String key;

        @Option(names = "--due", paramLabel = "TIME", description = "When it is due, to the millisecond.")
        private String due;

        @Option(names = "--sequence", paramLabel = "N", description = "Tells apart what is due at the same time.")
        private Long sequence;

        Cancel(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            boolean byPlace = due != null && sequence != null;
            if ((key == null) != byPlace || (due == null) != (sequence == null)) {
                throw new ParameterException(spec.commandLine(), "give either KEY, or --due and --sequence.");
            }
            boolean found;
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                found = byPlace
                        ? client.timers().cancel(pending(client))
                        : client.timers().cancel(topic, key);
            }
            if (!found) {
                throw new CommandFailure("no such message of topic " + topic
                        + " waits: it was delivered, cancelled or never" + " there. See: millrace timer list " + topic);
            }
            session.out()
                    .print(
                            global.json()
                                    ? new JsonWriter()
                                            .begin('{')
                                            .field("cancelled", 1)
                                            .end('}')
                                            .newLine()
                                            .toString()
                                    : "cancelled\n");
            return CommandRunner.OK;
        }

        private Pending pending(MillraceClient client) {
            long dueMs;
            try {
                dueMs = Times.parseMs(due, System.currentTimeMillis());
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), "--due: " + e.getMessage() + ".");
            }
            return new Pending(topic, client.admin().describeTopic(topic).id(), 0, dueMs, sequence, null, 0);
        }
    }
}
