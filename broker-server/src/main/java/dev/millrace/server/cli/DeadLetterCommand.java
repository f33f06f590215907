package dev.millrace.server.cli;

import dev.millrace.client.DeadLetter;
import dev.millrace.client.DeadLetters;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.core.record.RecordHeader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
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

/** {@code millrace deadletter}: shows what groups could not handle, sends it back to them, or gives it up. */
@Command(
        name = "deadletter",
        synopsisSubcommandLabel = "COMMAND",
        abbreviateSynopsis = true,
        description = "List, show, replay and discard the dead letters of consumer groups.",
        footer = {"", "Example: millrace deadletter list billing"})
final class DeadLetterCommand implements Runnable {
    private static final int PAGE_COUNT = 1000;

    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    private DeadLetterCommand() {}

    static CommandLine create(Session session) {
        return new CommandLine(new DeadLetterCommand())
                .addSubcommand(new Listing(session))
                .addSubcommand(new Show(session))
                .addSubcommand(new Replay(session))
                .addSubcommand(new Discard(session));
    }

    @Override
    public void run() {
        throw RootCommand.missingCommand(spec);
    }

    @Command(
            name = "list",
            aliases = "ls",
            abbreviateSynopsis = true,
            description = "List dead letters, by group, source topic, partition and offset.",
            footer = {
                "",
                "Examples:",
                "  millrace deadletter list",
                "  millrace deadletter list billing --topic orders --key customer-7",
                "  millrace deadletter list billing --ended -o json"
            })
    static final class Listing implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(arity = "0..1", paramLabel = "GROUP", description = "The group. Default: all.")
        private String group;

        @Option(names = "--topic", paramLabel = "TOPIC", description = "Only those that came from this topic.")
        private String topic;

        @Option(names = "--key", paramLabel = "KEY", description = "Only those with this key.")
        private String key;

        @Option(names = "--ended", description = "Also those that were handled or discarded in the last days.")
        private boolean ended;

        @Option(
                names = {"-n", "--max"},
                paramLabel = "N",
                defaultValue = "100",
                description = "At most so many. Default: 100.")
        private int max;

        @Spec
        private CommandSpec spec;

        Listing(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            if (max < 1) throw new ParameterException(spec.commandLine(), "--max " + max + " is less than 1.");
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                DeadLetters selected = select(client, group, topic, key, List.of());
                List<DeadLetter> letters = read(selected);
                session.out().print(global.json() ? json(letters) : table(letters, selected));
            }
            return CommandRunner.OK;
        }

        private List<DeadLetter> read(DeadLetters selected) {
            List<DeadLetter> letters = new ArrayList<>();
            while (letters.size() < max) {
                int count = Math.min(PAGE_COUNT, max - letters.size());
                List<DeadLetter> page =
                        ended ? selected.listAll(letters.size(), count) : selected.list(letters.size(), count);
                letters.addAll(page);
                if (page.size() < count) break;
            }
            return letters;
        }

        private static String json(List<DeadLetter> letters) {
            JsonWriter json = new JsonWriter().begin('[');
            letters.forEach(letter -> write(json.begin('{'), letter).end('}'));
            return json.end(']').newLine().toString();
        }

        private String table(List<DeadLetter> letters, DeadLetters selected) {
            if (letters.isEmpty()) return "no dead letters\n";
            TableWriter table = new TableWriter()
                    .text("GROUP")
                    .text("ID")
                    .text("KEY")
                    .text("STATE")
                    .text("REASON")
                    .number("ATTEMPTS")
                    .text("LAST FAILURE")
                    .text("WHY");
            for (DeadLetter letter : letters) {
                table.row(
                        letter.group(),
                        letter.id().toString(),
                        text(letter.key()),
                        letter.state(),
                        letter.reason(),
                        letter.attempts(),
                        Instant.ofEpochMilli(letter.lastFailureMs()).toString(),
                        letter.summary());
            }
            String shown = table.render(session.terminal().columns());
            int more = ended || letters.size() < max ? 0 : selected.count() - letters.size();
            return more > 0 ? shown + Amounts.count(more) + " more; --max shows more\n" : shown;
        }
    }

    @Command(
            name = "show",
            abbreviateSynopsis = true,
            description = "Show one dead letter in full.",
            footer = {"", "Example: millrace deadletter show billing orders/3@4711"})
    static final class Show implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(index = "0", paramLabel = "GROUP", description = "The group.")
        private String group;

        @Parameters(index = "1", paramLabel = "ID", description = "As list prints it: orders/3@4711.")
        private String id;

        @Spec
        private CommandSpec spec;

        Show(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            DeadLetter.Id wanted = parse(List.of(id), spec).get(0);
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                DeadLetter letter = client.admin()
                        .deadLetters(group)
                        .show(wanted)
                        .orElseThrow(() -> new CommandFailure("group " + group + " has no dead letter " + id
                                + ". List them with: millrace deadletter list " + group));
                session.out().print(global.json() ? json(letter) : text(letter));
            }
            return CommandRunner.OK;
        }

        private static String json(DeadLetter letter) {
            JsonWriter json = write(new JsonWriter().begin('{'), letter);
            ReceivedMessage message = letter.message();
            json.name("message");
            if (message == null)
                return json.value((String) null).end('}').newLine().toString();
            json.begin('{').field("timestamp", message.timestampMs()).field("key", message.key());
            json.name("headers").begin('{');
            message.headers().forEach(header -> json.field(header.key(), header.value()));
            return json.end('}')
                    .field("value", message.value())
                    .end('}')
                    .end('}')
                    .newLine()
                    .toString();
        }

        private static String text(DeadLetter letter) {
            StringBuilder text = new StringBuilder();
            line(text, "group", letter.group());
            line(text, "id", letter.id().toString());
            line(text, "state", letter.state() + " since " + Instant.ofEpochMilli(letter.changedMs()));
            if (!letter.note().isEmpty()) line(text, "note", letter.note());
            line(text, "reason", letter.reason());
            line(text, "why", letter.summary());
            line(text, "attempts", Integer.toString(letter.attempts()));
            line(
                    text,
                    "failed",
                    Instant.ofEpochMilli(letter.firstFailureMs()) + " to "
                            + Instant.ofEpochMilli(letter.lastFailureMs()));
            line(
                    text,
                    "copy",
                    letter.copyPartition() == null ? "none" : letter.copyPartition() + "@" + letter.copyOffset());
            ReceivedMessage message = letter.message();
            if (message == null) {
                return text.append("\nthe copy is gone: its topic no longer holds it\n")
                        .toString();
            }
            line(text, "key", DeadLetterCommand.text(message.key()));
            for (RecordHeader header : message.headers()) {
                line(text, "header", header.key() + ": " + DeadLetterCommand.text(header.value()));
            }
            return text.append('\n')
                    .append(DeadLetterCommand.text(message.value()))
                    .append('\n')
                    .toString();
        }

        private static void line(StringBuilder text, String name, String value) {
            text.append(String.format("%-11s", name + ":")).append(value).append('\n');
        }
    }

    /** What replay and discard move: named ones, or those that options choose. */
    static final class Chosen {
        @Parameters(index = "0", paramLabel = "GROUP", description = "The group.")
        private String group;

        @Parameters(
                index = "1..*",
                arity = "0..*",
                paramLabel = "ID",
                description = "As list prints them: orders/3@4711.")
        private List<String> ids = new ArrayList<>();

        @Option(names = "--topic", paramLabel = "TOPIC", description = "Those that came from this topic.")
        private String topic;

        @Option(names = "--key", paramLabel = "KEY", description = "Those with this key.")
        private String key;

        @Option(names = "--all", description = "All of the group.")
        private boolean all;

        @Option(
                names = {"-y", "--yes"},
                description = "Do not ask, also on a terminal.")
        private boolean yes;

        DeadLetters select(MillraceClient client, CommandSpec spec) {
            boolean some = !ids.isEmpty() || topic != null || key != null;
            if (some == all) {
                throw new ParameterException(
                        spec.commandLine(), "name the dead letters: by id, --topic, --key, or --all.");
            }
            return DeadLetterCommand.select(client, group, topic, key, parse(ids, spec));
        }

        /** The only one that is named. */
        DeadLetter.Id requireOne(CommandSpec spec) {
            if (ids.size() != 1 || topic != null || key != null || all) {
                throw new ParameterException(
                        spec.commandLine(), "another value is for one dead letter. Name it by its id, and no other.");
            }
            return parse(ids, spec).get(0);
        }

        /** Several at once are asked for; one that is named is meant. */
        void confirm(Session session, DeadLetters selected, String what) {
            if (!yes && ids.size() != 1 && Confirmation.possible(session)) {
                Confirmation.require(session, what + " " + selected.count() + " dead letters of group " + group + "?");
            }
        }
    }

    @Command(
            name = "replay",
            abbreviateSynopsis = true,
            description = "Send dead letters back to the group that could not handle them, and to no other.",
            footer = {
                "",
                "The earliest of a key goes first. Its handler gets the original message, with a new count of attempts.",
                "",
                "Examples:",
                "  millrace deadletter replay billing orders/3@4711",
                "  millrace deadletter replay billing orders/3@4711 --value '{\"total\":12}'",
                "  millrace deadletter replay billing --key customer-7",
                "  millrace deadletter replay billing --all --yes"
            })
    static final class Replay implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Mixin
        private Chosen chosen;

        @Option(
                names = "--value",
                paramLabel = "VALUE",
                description = "Send the one that is named back with this value, as UTF-8, in place of its own.")
        private String value;

        @Option(names = "--file", paramLabel = "PATH", description = "As --value, from a file; - for standard input.")
        private String file;

        @Spec
        private CommandSpec spec;

        Replay(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            if (value != null || file != null) {
                return replayEdited();
            }
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                DeadLetters selected = chosen.select(client, spec);
                chosen.confirm(session, selected, "Replay");
                return report(selected.replay(), "replayed", session, global);
            }
        }

        private int replayEdited() {
            if (value != null && file != null) {
                throw new ParameterException(spec.commandLine(), "--value and --file exclude each other. Give one.");
            }
            DeadLetter.Id id = chosen.requireOne(spec);
            byte[] bytes = value != null ? value.getBytes(StandardCharsets.UTF_8) : contents();
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                DeadLetters letters = client.admin().deadLetters(chosen.group);
                return report(letters.replay(id, bytes), "replayed", session, global);
            }
        }

        private byte[] contents() {
            try {
                return file.equals("-") ? session.in().readAllBytes() : Files.readAllBytes(Path.of(file));
            } catch (IOException e) {
                throw new CommandFailure("cannot read " + file + " (" + e.getMessage() + "). Nothing was replayed.", e);
            }
        }
    }

    @Command(
            name = "discard",
            abbreviateSynopsis = true,
            description = "Give dead letters up: they are never handled, and later messages of their keys go on.",
            footer = {
                "",
                "The copies stay in the dead-letter topic as long as its retention keeps them.",
                "",
                "Examples:",
                "  millrace deadletter discard billing orders/3@4711 --why 'account was closed'",
                "  millrace deadletter discard billing --topic orders --yes"
            })
    static final class Discard implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Mixin
        private Chosen chosen;

        @Option(names = "--why", paramLabel = "TEXT", defaultValue = "", description = "Kept with the dead letters.")
        private String why;

        @Spec
        private CommandSpec spec;

        Discard(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                DeadLetters selected = chosen.select(client, spec);
                chosen.confirm(session, selected, "Give up");
                return report(selected.discard(why), "discarded", session, global);
            }
        }
    }

    // ---- shared steps

    private static DeadLetters select(
            MillraceClient client, String group, String topic, String key, List<DeadLetter.Id> ids) {
        DeadLetters selected = client.admin().deadLetters(group);
        if (topic != null) selected = selected.topic(topic);
        if (key != null) selected = selected.key(key);
        return ids.isEmpty() ? selected : selected.ids(ids);
    }

    private static List<DeadLetter.Id> parse(List<String> ids, CommandSpec spec) {
        try {
            return ids.stream().map(DeadLetter.Id::parse).toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage() + ".", e);
        }
    }

    /** Fails the command where something that was asked for was not done. */
    private static int report(DeadLetters.Moved moved, String done, Session session, GlobalOptions global) {
        if (global.json()) {
            JsonWriter json = new JsonWriter().begin('{').field(done, moved.count());
            json.field("skipped", moved.skipped()).name("reasons").begin('[');
            moved.reasons()
                    .forEach(skipped -> json.begin('{')
                            .field("id", skipped.id().toString())
                            .field("reason", skipped.reason())
                            .end('}'));
            session.out().println(json.end(']').end('}'));
        } else {
            session.out().println(done + " " + Amounts.count(moved.count()));
            moved.reasons()
                    .forEach(skipped -> session.err().println("left alone " + skipped.id() + ": " + skipped.reason()));
            int untold = moved.skipped() - moved.reasons().size();
            if (untold > 0) session.err().println("left alone " + Amounts.count(untold) + " more");
        }
        return moved.skipped() > 0 ? CommandRunner.FAILED : CommandRunner.OK;
    }

    private static JsonWriter write(JsonWriter json, DeadLetter letter) {
        json.field("group", letter.group()).field("id", letter.id().toString());
        json.field("topic", letter.id().topic()).field("partition", letter.id().partition());
        json.field("offset", letter.id().offset());
        json.field("state", letter.state()).field("key", letter.key().length == 0 ? null : letter.key());
        json.field("reason", letter.reason()).field("summary", letter.summary());
        json.field("attempts", letter.attempts()).field("firstFailure", letter.firstFailureMs());
        json.field("lastFailure", letter.lastFailureMs()).field("changed", letter.changedMs());
        json.field("note", letter.note());
        json.field(
                "copyTopic",
                letter.copyPartition() == null ? null : letter.copyPartition().topic());
        json.field(
                "copyPartition",
                letter.copyPartition() == null ? -1 : letter.copyPartition().partition());
        return json.field("copyOffset", letter.copyOffset());
    }

    private static String text(byte[] bytes) {
        return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
    }
}
