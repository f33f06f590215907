package dev.millrace.server.cli;

import dev.millrace.client.EventStreams;
import dev.millrace.client.EventStreams.Info;
import dev.millrace.client.Expected;
import dev.millrace.client.MillraceClient;
import dev.millrace.core.time.Units;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
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

/** The commands of {@link StreamCommand} that look after streams. */
final class StreamUpkeep {
    private StreamUpkeep() {}

    /** What the commands of one stream share. */
    abstract static class OfOneStream implements Callable<Integer> {
        final Session session;

        @Mixin(name = GlobalOptions.NAME)
        GlobalOptions global;

        @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic.")
        String topic;

        @Parameters(index = "1", paramLabel = "KEY", description = "The stream.")
        String key;

        @Spec
        CommandSpec spec;

        OfOneStream(Session session) {
            this.session = session;
        }

        byte[] keyBytes() {
            return key.getBytes(StandardCharsets.UTF_8);
        }

        void requireYes(boolean yes, String doing) {
            if (!yes && !Confirmation.possible(session)) {
                throw new ParameterException(
                        spec.commandLine(), doing + " needs --yes, because nobody can be asked here.");
            }
        }

        Integer print(Info info) {
            if (global.json()) {
                JsonWriter json = new JsonWriter();
                write(json, info);
                session.out().print(json.newLine());
                return CommandRunner.OK;
            }
            session.out()
                    .println("stream:    " + info.keyText() + " of " + topic + ", partition " + info.partition() + "\n"
                            + "state:     " + info.state() + "\n"
                            + "versions:  " + versions(info) + "\n"
                            + "keeps:     " + policy(info) + "\n"
                            + "erased:    " + erased(info));
            return CommandRunner.OK;
        }

        private static String versions(Info info) {
            return info.lastVersion() < info.firstVersion()
                    ? "none; the last was " + info.lastVersion()
                    : info.firstVersion() + " to " + info.lastVersion() + ", the last of "
                            + Instant.ofEpochMilli(info.lastTimestampMs());
        }

        private static String policy(Info info) {
            String count = info.maxCount() == 0 ? "all events" : "the last " + info.maxCount() + " events";
            return info.maxAgeMs() == 0 ? count : count + " up to " + Duration.ofMillis(info.maxAgeMs()) + " old";
        }

        private static String erased(Info info) {
            if (info.erasedMs() == 0) return "nothing";
            return "at " + Instant.ofEpochMilli(info.erasedMs())
                    + (info.purgedMs() == 0
                            ? "; the bytes are still being removed from the disk"
                            : "; PHYSICAL since " + Instant.ofEpochMilli(info.purgedMs())
                                    + " (backups and what consumers read are out of reach)");
        }
    }

    private static void write(JsonWriter json, Info info) {
        json.begin('{').field("key", info.key()).field("state", info.state());
        json.field("partition", info.partition()).field("firstVersion", info.firstVersion());
        json.field("lastVersion", info.lastVersion()).field("lastTimestamp", info.lastTimestampMs());
        json.field("maxCount", info.maxCount()).field("maxAgeMs", info.maxAgeMs());
        json.field("erasedAt", info.erasedMs())
                .field("physicalAt", info.purgedMs())
                .end('}');
    }

    @Command(
            name = "list",
            aliases = "ls",
            abbreviateSynopsis = true,
            description = "List the streams of a topic that hold events.",
            footer = {"", "Example: millrace stream list orders --prefix order-1 --max 20"})
    static final class Listing implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(paramLabel = "TOPIC", description = "The topic.")
        private String topic;

        @Option(names = "--prefix", paramLabel = "P", defaultValue = "", description = "Only keys that begin so.")
        private String prefix;

        @Option(
                names = {"-n", "--max"},
                paramLabel = "N",
                defaultValue = "100",
                description = "At most so many streams. Default: 100.")
        private int max;

        @Spec
        private CommandSpec spec;

        Listing(Session session) {
            this.session = session;
        }

        private static final class Enough extends RuntimeException {
            private static final long serialVersionUID = 1;

            Enough() {
                super(null, null, false, false);
            }
        }

        @Override
        public Integer call() {
            if (max < 1) throw StreamCommand.wrong(spec, "--max " + max + " is less than 1.");
            List<Info> streams = new ArrayList<>();
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                client.streams(topic).list(prefix, stream -> {
                    if (streams.size() == max) throw new Enough();
                    streams.add(stream);
                });
            } catch (Enough listed) {
                session.err().println("there are more; give --prefix or a larger --max.");
            }
            session.out().print(global.json() ? json(streams) : table(streams));
            return CommandRunner.OK;
        }

        private static String json(List<Info> streams) {
            JsonWriter json = new JsonWriter().begin('[');
            streams.forEach(stream -> write(json, stream));
            return json.end(']').newLine().toString();
        }

        private String table(List<Info> streams) {
            if (streams.isEmpty()) return "no streams\n";
            TableWriter table =
                    new TableWriter().text("KEY").number("FIRST").number("LAST").text("LAST EVENT");
            for (Info stream : streams) {
                table.row(
                        stream.keyText(),
                        stream.firstVersion(),
                        stream.lastVersion(),
                        Instant.ofEpochMilli(stream.lastTimestampMs()));
            }
            return table.render(session.terminal().columns());
        }
    }

    @Command(
            name = "describe",
            aliases = "info",
            abbreviateSynopsis = true,
            description = "Show a stream's versions, limits, and what was erased.",
            footer = {"", "Example: millrace stream describe orders order-17"})
    static final class Describe extends OfOneStream {
        Describe(Session session) {
            super(session);
        }

        @Override
        public Integer call() {
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                return print(client.streams(topic).describe(keyBytes()));
            }
        }
    }

    @Command(
            name = "truncate",
            abbreviateSynopsis = true,
            description = "Hide a stream's oldest events, now or by rule.",
            footer = {
                "",
                "Examples:",
                "  millrace stream truncate orders order-17 --before 100",
                "  millrace stream truncate orders order-17 --max-count 1000 --max-age 90d"
            })
    static final class Truncate extends OfOneStream {
        @Option(names = "--before", paramLabel = "VERSION", description = "Hide all events before this version.")
        private Long before;

        @Option(names = "--max-count", paramLabel = "N", description = "Keep the last N from now on; 0 for all.")
        private Long maxCount;

        @Option(
                names = "--max-age",
                paramLabel = "DURATION",
                description = "Keep events up to this age from now on, such as 90d; unlimited for any.")
        private String maxAge;

        Truncate(Session session) {
            super(session);
        }

        @Override
        public Integer call() {
            if (before == null && maxCount == null && maxAge == null) {
                throw StreamCommand.wrong(spec, "nothing to change. Give --before, --max-count or --max-age.");
            }
            Long ageMs = maxAge == null ? null : ageMs();
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                EventStreams streams = client.streams(topic);
                Info info = null;
                if (before != null) info = streams.truncateBefore(keyBytes(), before);
                if (maxCount != null || ageMs != null) {
                    Info now = info == null ? streams.describe(keyBytes()) : info;
                    info = streams.setPolicy(
                            keyBytes(),
                            maxCount == null ? now.maxCount() : maxCount,
                            Duration.ofMillis(ageMs == null ? now.maxAgeMs() : ageMs));
                }
                return print(info);
            }
        }

        private long ageMs() {
            try {
                return Math.max(0, Units.parseDurationMs(maxAge));
            } catch (IllegalArgumentException e) {
                throw StreamCommand.wrong(spec, "--max-age: " + e.getMessage() + ".");
            }
        }
    }

    @Command(
            name = "delete",
            aliases = "rm",
            abbreviateSynopsis = true,
            description = "Delete a stream; versions go on if it is appended to again.",
            footer = {
                "",
                "The events stay in the topic until its retention takes them; erase removes what they say.",
                "",
                "Example: millrace stream delete orders order-17 --yes"
            })
    static final class Delete extends OfOneStream {
        @Option(names = "--for-good", description = "Nothing can be appended to it ever again.")
        private boolean forGood;

        @Option(
                names = "--expect",
                paramLabel = "VERSION",
                defaultValue = "any",
                description = "any, exists, or the last version. Default: any.")
        private String expect;

        @Option(
                names = {"-y", "--yes"},
                description = "Do not ask. Needed where nobody can be asked.")
        private boolean yes;

        Delete(Session session) {
            super(session);
        }

        @Override
        public Integer call() {
            requireYes(yes, "deleting a stream");
            Expected expected;
            try {
                expected = Expected.parse(expect);
            } catch (IllegalArgumentException e) {
                throw StreamCommand.wrong(spec, "--expect: " + e.getMessage() + ".");
            }
            if (!yes) Confirmation.require(session, "Delete stream " + key + " of " + topic + "?");
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                EventStreams streams = client.streams(topic);
                return print(forGood ? streams.tombstone(keyBytes(), expected) : streams.delete(keyBytes(), expected));
            }
        }
    }

    @Command(
            name = "erase",
            abbreviateSynopsis = true,
            description = "Remove what events say from the disk; their versions stay.",
            footer = {
                "",
                "Values, tags, the application's headers and snapshots go; describe tells when they have left the disk.",
                "Backups and what consumers have read are out of reach.",
                "",
                "Examples:",
                "  millrace stream erase customers customer-7 --yes",
                "  millrace stream erase customers customer-7 --from 3 --to 3 --yes"
            })
    static final class Erase extends OfOneStream {
        @Option(names = "--from", paramLabel = "VERSION", defaultValue = "0", description = "The first. Default: 0.")
        private long from;

        @Option(names = "--to", paramLabel = "VERSION", description = "The last. Default: the stream's last.")
        private Long to;

        @Option(
                names = {"-y", "--yes"},
                description = "Do not ask. Needed where nobody can be asked.")
        private boolean yes;

        Erase(Session session) {
            super(session);
        }

        @Override
        public Integer call() {
            requireYes(yes, "erasing");
            if (from < 0 || (to != null && to < from)) {
                throw StreamCommand.wrong(spec, "versions " + from + " to " + to + " are none.");
            }
            if (!yes) Confirmation.require(session, "Erase what stream " + key + " of " + topic + " says, for good?");
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                return print(client.streams(topic).erase(keyBytes(), from, to == null ? Long.MAX_VALUE : to));
            }
        }
    }
}
