package dev.millrace.server.cli;

import dev.millrace.client.AppendResult;
import dev.millrace.client.Event;
import dev.millrace.client.EventFilter;
import dev.millrace.client.EventStreams.Addressed;
import dev.millrace.client.EventStreams.AsOf;
import dev.millrace.client.EventStreams.Check;
import dev.millrace.client.EventStreams.Condition;
import dev.millrace.client.EventStreams.Range;
import dev.millrace.client.Expected;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.StoredEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

/** {@code millrace stream}: appends to, reads and looks after event streams. */
@Command(
        name = "stream",
        synopsisSubcommandLabel = "COMMAND",
        abbreviateSynopsis = true,
        description = "Append to and read event streams: the keys of a topic with stream.index.",
        footer = {
            "",
            "Examples:",
            "  millrace topic create orders --set stream.index=key --retention unlimited",
            "  millrace stream append orders order-17 '{\"total\":12}' --type OrderPlaced --expect none",
            "  millrace stream read orders order-17"
        })
final class StreamCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    private StreamCommand() {}

    static CommandLine create(Session session) {
        return new CommandLine(new StreamCommand())
                .addSubcommand(new Append(session))
                .addSubcommand(new Read(session))
                .addSubcommand(new Latest(session))
                .addSubcommand(new StreamUpkeep.Listing(session))
                .addSubcommand(new StreamUpkeep.Describe(session))
                .addSubcommand(new StreamUpkeep.Truncate(session))
                .addSubcommand(new StreamUpkeep.Delete(session))
                .addSubcommand(new StreamUpkeep.Erase(session));
    }

    @Override
    public void run() {
        throw RootCommand.missingCommand(spec);
    }

    @Command(
            name = "append",
            abbreviateSynopsis = true,
            description = "Append an event to a stream, if all is as expected.",
            footer = {
                "",
                "The same --id again inside the topic's stream.idWindow (7d) has no second effect.",
                "--fail-if-tag asks the KEY's partition, of a topic with stream.index=key+tags.",
                "",
                "Examples:",
                "  millrace stream append orders order-17 '{\"total\":12}' --type OrderPlaced --expect none",
                "  millrace stream append orders order-17 --file paid.json --type OrderPaid --expect 0 --id payment-4711",
                "  millrace stream append seats row-3 taken --tag seat:31 --fail-if-tag seat:31"
            })
    static final class Append implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic.")
        private String topic;

        @Parameters(index = "1", paramLabel = "KEY", description = "The stream.")
        private String key;

        @Parameters(index = "2", arity = "0..1", paramLabel = "VALUE", description = "The event's value, as UTF-8.")
        private String value;

        @Option(
                names = "--file",
                paramLabel = "PATH",
                description = "Take the value from a file; - for standard input.")
        private String file;

        @Option(names = "--type", paramLabel = "TYPE", description = "The event's type.")
        private String type;

        @Option(names = "--tag", paramLabel = "TAG", description = "A tag; can be repeated, up to 16 times.")
        private List<String> tags = new ArrayList<>();

        @Option(
                names = "--expect",
                paramLabel = "VERSION",
                defaultValue = "any",
                description = "any, none, exists, or the last version. Default: any.")
        private String expect;

        @Option(
                names = "--fail-if-tag",
                paramLabel = "TAG",
                description = "Fail if an event with this tag is there; can be repeated: with all of these tags.")
        private List<String> failIfTags = new ArrayList<>();

        @Option(
                names = "--after",
                paramLabel = "OFFSET",
                description = "With --fail-if-tag: only events behind this offset. Default: all events.")
        private Long after;

        @Option(
                names = "--id",
                paramLabel = "ID",
                description = "The event's id: a UUID, or any text. Default: a random one.")
        private String id;

        @Option(names = "--time", paramLabel = "TIME", description = "The event's time. Default: now.")
        private String time;

        @Spec
        private CommandSpec spec;

        Append(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            if ((value == null) == (file == null)) {
                throw wrong(
                        spec,
                        value == null
                                ? "nothing to append. Give a VALUE or --file."
                                : "VALUE and --file exclude each other. Give one.");
            }
            Expected expected = expected();
            Condition condition = condition();
            Event event = event(value == null ? contents() : value.getBytes(StandardCharsets.UTF_8));
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                print(client.streams(topic)
                        .appendIf(List.of(Addressed.to(key, event)), List.of(Check.of(key, expected)), condition)
                        .orThrow());
            }
            return CommandRunner.OK;
        }

        private Expected expected() {
            try {
                return Expected.parse(expect);
            } catch (IllegalArgumentException e) {
                throw wrong(spec, "--expect: " + e.getMessage() + ".");
            }
        }

        private Condition condition() {
            if (after != null && failIfTags.isEmpty()) throw wrong(spec, "--after needs --fail-if-tag.");
            if (after != null && after < 0) throw wrong(spec, "--after " + after + " is less than 0.");
            EventFilter filter = failIfTags.isEmpty() ? null : EventFilter.tags(failIfTags.toArray(String[]::new));
            return new Condition(filter, after == null ? -1 : after, null);
        }

        private Event event(byte[] bytes) {
            Event event = Event.of(type, bytes).tags(tags.toArray(String[]::new));
            if (id != null) event = event.id(id);
            return time == null ? event : event.timestampMs(timeMs(time, "--time", spec));
        }

        private byte[] contents() {
            try {
                return file.equals("-") ? session.in().readAllBytes() : Files.readAllBytes(Path.of(file));
            } catch (IOException e) {
                throw new CommandFailure("cannot read " + file + " (" + e.getMessage() + "). Nothing was appended.", e);
            }
        }

        private void print(AppendResult result) {
            if (global.json()) {
                JsonWriter json =
                        new JsonWriter().begin('{').field("topic", topic).field("key", key);
                json.field("version", result.lastVersion()).field("partition", result.partition());
                json.field("offset", result.lastOffset()).name("duplicate").literal(result.duplicate());
                session.out().println(json.end('}'));
                return;
            }
            session.out()
                    .println((result.duplicate() ? "was appended before to " : "appended to ") + topic + " " + key
                            + ": version " + result.lastVersion() + ", partition " + result.partition() + ", offset "
                            + result.lastOffset());
        }
    }

    @Command(
            name = "read",
            abbreviateSynopsis = true,
            description = "Print the events of a stream, one per line.",
            footer = {
                "",
                "json: topic, partition, offset, key, version, type, timestamp, headers, value.",
                "--as-of counts events by their own time: one that comes late changes the past.",
                "",
                "Examples:",
                "  millrace stream read orders order-17 --from 3",
                "  millrace stream read orders order-17 --backward --max 1",
                "  millrace stream read orders order-17 --as-of 2024-10-25T14:03:00Z"
            })
    static final class Read implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic.")
        private String topic;

        @Parameters(index = "1", paramLabel = "KEY", description = "The stream.")
        private String key;

        @Option(
                names = "--from",
                paramLabel = "VERSION",
                description = "The first version. Default: the oldest, or the" + " newest with --backward.")
        private Long from;

        @Option(names = "--backward", description = "The newest first.")
        private boolean backward;

        @Option(
                names = {"-n", "--max"},
                paramLabel = "N",
                description = "At most so many events.")
        private Integer max;

        @Option(names = "--as-of", paramLabel = "TIME", description = "Only events of this time or before.")
        private String asOf;

        @Spec
        private CommandSpec spec;

        Read(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            if (max != null && max < 1) throw wrong(spec, "--max " + max + " is less than 1.");
            if (from != null && from < 0) throw wrong(spec, "--from " + from + " is less than 0.");
            Range range = backward ? Range.newestFirst() : Range.all();
            if (from != null) range = new Range(from, backward, range.max(), range.asOf());
            if (max != null) range = range.max(max);
            if (asOf != null) range = range.asOf(AsOf.timeMs(timeMs(asOf, "--as-of", spec)));
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                JsonWriter json = new JsonWriter();
                for (StoredEvent event : client.streams(topic).read(key, range).events()) write(json, event);
                byte[] lines = json.take();
                session.out().write(lines, 0, lines.length);
            }
            return CommandRunner.OK;
        }

        private static void write(JsonWriter json, StoredEvent event) {
            json.begin('{').field("topic", event.topic()).field("partition", event.partition());
            json.field("offset", event.offset()).field("key", event.key()).field("version", event.version());
            json.field("type", event.type()).field("timestamp", event.timestampMs());
            json.name("headers").begin('{');
            RecordPrinter.writeHeaders(
                    json,
                    event.headers().stream()
                            .filter(header -> !header.key().equals("$version"))
                            .toList());
            json.end('}').field("value", event.value()).end('}').newLine();
        }
    }

    @Command(
            name = "latest",
            abbreviateSynopsis = true,
            description = "Print the last event of every stream of a topic, one per line.",
            footer = {
                "",
                "json: key, version, timestamp (milliseconds since 1970), value; partition by partition, by key.",
                "--as-of counts events by their own time: one that comes late changes the past.",
                "",
                "Examples:",
                "  millrace stream latest files --prefix src/",
                "  millrace stream latest files --as-of 2024-10-25T14:03:00Z"
            })
    static final class Latest implements Callable<Integer> {
        private static final int FLUSH_BYTES = 64 << 10;

        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(paramLabel = "TOPIC", description = "The topic.")
        private String topic;

        @Option(names = "--as-of", paramLabel = "TIME", description = "Only events of this time or before.")
        private String asOf;

        @Option(names = "--prefix", paramLabel = "P", defaultValue = "", description = "Only keys that begin so.")
        private String prefix;

        @Spec
        private CommandSpec spec;

        Latest(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            AsOf moment = asOf == null ? AsOf.NOW : AsOf.timeMs(timeMs(asOf, "--as-of", spec));
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                JsonWriter json = new JsonWriter();
                client.streams(topic).latest(prefix, moment, event -> {
                    json.begin('{').field("key", event.key()).field("version", event.version());
                    json.field("timestamp", event.timestampMs()).field("value", event.value());
                    json.end('}').newLine();
                    if (json.length() >= FLUSH_BYTES) flush(json);
                });
                flush(json);
            }
            return CommandRunner.OK;
        }

        private void flush(JsonWriter json) {
            byte[] lines = json.take();
            session.out().write(lines, 0, lines.length);
        }
    }

    static long timeMs(String text, String option, CommandSpec spec) {
        try {
            return Times.parseMs(text, System.currentTimeMillis());
        } catch (IllegalArgumentException e) {
            throw wrong(spec, option + ": " + e.getMessage() + ".");
        }
    }

    static ParameterException wrong(CommandSpec spec, String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
