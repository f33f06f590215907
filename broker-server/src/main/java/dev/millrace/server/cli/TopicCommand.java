package dev.millrace.server.cli;

import dev.millrace.client.MillraceClient;
import dev.millrace.client.TopicInfo;
import dev.millrace.client.TopicInfo.Partition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace topic}: creates, shows, changes and deletes topics. */
@Command(
        name = "topic",
        synopsisSubcommandLabel = "COMMAND",
        abbreviateSynopsis = true,
        description = "Create, list, describe, alter and delete topics.",
        footer = {"", "Example: millrace topic create orders --partitions 8 --retention 7d"})
final class TopicCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    private TopicCommand() {}

    static CommandLine create(Session session) {
        return new CommandLine(new TopicCommand())
                .addSubcommand(new Create(session))
                .addSubcommand(new Listing(session))
                .addSubcommand(new Describe(session))
                .addSubcommand(new Alter(session))
                .addSubcommand(new Delete(session));
    }

    @Override
    public void run() {
        throw RootCommand.missingCommand(spec);
    }

    @Command(
            name = "create",
            abbreviateSynopsis = true,
            description = "Create a topic.",
            footer = {
                "",
                "Examples:",
                "  millrace topic create orders --partitions 8 --retention 7d",
                "  millrace topic create audit --retention unlimited --set messageSize=64KiB"
            })
    static final class Create implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(paramLabel = "NAME", description = "1 to 249 of a-z A-Z 0-9 . _ -")
        private String name;

        @Option(
                names = "--partitions",
                paramLabel = "N",
                description = "How many partitions. Default: the broker's topics.partitions.")
        private Integer partitions;

        @Mixin
        private TopicSettings settings;

        @Spec
        private CommandSpec spec;

        Create(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            int count = partitionCount(partitions, spec);
            Map<String, String> chosen = settings.chosen();
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                TopicInfo topic = client.admin().createTopic(name, count, chosen);
                print(topic, "created", session, global);
            }
            return CommandRunner.OK;
        }
    }

    @Command(
            name = "list",
            aliases = "ls",
            abbreviateSynopsis = true,
            description = "List the topics.",
            footer = {"", "Examples:", "  millrace topic list", "  millrace topic list 'orders.>' -o json"})
    static final class Listing implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(
                arity = "0..1",
                paramLabel = "PATTERN",
                description = "A name or wildcard: orders.* one level, orders.> all below. Default: all.")
        private String pattern;

        @Option(names = "--internal", description = "Also the broker's own topics, such as $retry.billing.")
        private boolean internal;

        Listing(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                List<TopicInfo> topics = new ArrayList<>(client.admin().listTopics(pattern == null ? ">" : pattern));
                if (internal) topics.addAll(client.admin().listTopics("$retry.>"));
                session.out().print(global.json() ? json(topics) : table(topics));
            }
            return CommandRunner.OK;
        }

        private static String json(List<TopicInfo> topics) {
            JsonWriter json = new JsonWriter().begin('[');
            topics.forEach(topic -> write(json, topic));
            return json.end(']').newLine().toString();
        }

        private String table(List<TopicInfo> topics) {
            if (topics.isEmpty()) return "no topics\n";
            TableWriter table = new TableWriter()
                    .text("NAME")
                    .number("PARTITIONS")
                    .number("MESSAGES")
                    .number("SIZE")
                    .text("SETTINGS");
            for (TopicInfo topic : topics) {
                table.row(
                        topic.name(),
                        topic.partitions().size(),
                        Amounts.count(topic.messages()),
                        Amounts.bytes(topic.bytes()),
                        settingsText(topic));
            }
            return table.render(session.terminal().columns());
        }
    }

    @Command(
            name = "describe",
            aliases = "info",
            abbreviateSynopsis = true,
            description = "Show a topic's settings and the bounds of its partitions.",
            footer = {"", "Example: millrace topic describe orders"})
    static final class Describe implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(paramLabel = "NAME", description = "The topic.")
        private String name;

        Describe(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                TopicInfo topic = client.admin().describeTopic(name);
                session.out().print(global.json() ? line(topic) : text(topic));
            }
            return CommandRunner.OK;
        }

        private String text(TopicInfo topic) {
            TableWriter table = new TableWriter()
                    .number("PARTITION")
                    .number("START")
                    .number("END")
                    .number("MESSAGES")
                    .number("SIZE");
            for (Partition partition : topic.partitions()) {
                table.row(
                        partition.partition(),
                        partition.startOffset(),
                        partition.endOffset(),
                        Amounts.count(partition.endOffset() - partition.startOffset()),
                        Amounts.bytes(partition.bytes()));
            }
            return "topic:     " + topic.name() + "\n"
                    + "id:        " + topic.id() + "\n"
                    + "settings:  " + settingsText(topic) + "\n"
                    + "messages:  " + Amounts.count(topic.messages()) + " in " + Amounts.bytes(topic.bytes()) + "\n\n"
                    + table.render(session.terminal().columns());
        }
    }

    @Command(
            name = "alter",
            aliases = "edit",
            abbreviateSynopsis = true,
            description = "Change a topic's settings, or add partitions.",
            footer = {
                "",
                "More partitions change which one a key goes to: order per key holds only for what comes after.",
                "",
                "Examples:",
                "  millrace topic alter orders --retention 30d",
                "  millrace topic alter orders --partitions 16 --unset retentionBytes"
            })
    static final class Alter implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(paramLabel = "NAME", description = "The topic.")
        private String name;

        @Option(names = "--partitions", paramLabel = "N", description = "The new count, larger than the present one.")
        private Integer partitions;

        @Mixin
        private TopicSettings settings;

        @Option(names = "--unset", paramLabel = "NAME", description = "Goes back to the broker's default.")
        private List<String> unset = new ArrayList<>();

        @Spec
        private CommandSpec spec;

        Alter(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            int count = partitionCount(partitions, spec);
            Map<String, String> changes = settings.chosen();
            for (String setting : unset) {
                if (changes.containsKey(setting)) {
                    throw new ParameterException(
                            spec.commandLine(), "the setting " + setting + " is set and unset. Choose one.");
                }
                changes.put(setting, null);
            }
            if (changes.isEmpty() && count == 0) {
                throw new ParameterException(
                        spec.commandLine(), "nothing to change. Give --partitions, --retention, --set or --unset.");
            }
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                TopicInfo topic = client.admin().alterTopic(name, count, changes);
                print(topic, "altered", session, global);
            }
            return CommandRunner.OK;
        }
    }

    @Command(
            name = "delete",
            aliases = "rm",
            abbreviateSynopsis = true,
            description = "Delete a topic with its messages and the groups' offsets in it.",
            footer = {"", "Example: millrace topic delete orders --yes"})
    static final class Delete implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(paramLabel = "NAME", description = "The topic.")
        private String name;

        @Option(
                names = {"-y", "--yes"},
                description = "Do not ask. Needed where nobody can be asked.")
        private boolean yes;

        @Spec
        private CommandSpec spec;

        Delete(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            if (!yes && !Confirmation.possible(session)) {
                throw new ParameterException(
                        spec.commandLine(), "deleting a topic needs --yes, because nobody can be asked here.");
            }
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                if (!yes) confirm(client.admin().describeTopic(name));
                client.admin().deleteTopic(name);
            }
            JsonWriter json = new JsonWriter().begin('{').field("deleted", name).end('}');
            session.out().println(global.json() ? json : "deleted topic " + name);
            return CommandRunner.OK;
        }

        private void confirm(TopicInfo topic) {
            Confirmation.require(
                    session,
                    "Delete topic " + topic.name() + " with " + Amounts.count(topic.messages()) + " messages ("
                            + Amounts.bytes(topic.bytes()) + ")?");
        }
    }

    /** The number given, or 0 for none. */
    private static int partitionCount(Integer partitions, CommandSpec spec) {
        if (partitions == null) return 0;
        if (partitions < 1) {
            throw new ParameterException(spec.commandLine(), "--partitions " + partitions + " is less than 1.");
        }
        return partitions;
    }

    private static void print(TopicInfo topic, String done, Session session, GlobalOptions global) {
        if (global.json()) {
            session.out().print(line(topic));
            return;
        }
        session.out()
                .println(done + " topic " + topic.name() + ": "
                        + topic.partitions().size() + " partitions, " + settingsText(topic));
    }

    private static String line(TopicInfo topic) {
        JsonWriter json = new JsonWriter();
        write(json, topic);
        return json.newLine().toString();
    }

    private static void write(JsonWriter json, TopicInfo topic) {
        json.begin('{').field("name", topic.name()).field("id", String.valueOf(topic.id()));
        json.field("settings", new TreeMap<>(topic.settings()));
        json.field("messages", topic.messages()).field("bytes", topic.bytes());
        json.name("partitions").begin('[');
        for (Partition partition : topic.partitions()) {
            json.begin('{')
                    .field("partition", partition.partition())
                    .field("startOffset", partition.startOffset())
                    .field("endOffset", partition.endOffset())
                    .field("bytes", partition.bytes())
                    .end('}');
        }
        json.end(']').end('}');
    }

    private static String settingsText(TopicInfo topic) {
        if (topic.settings().isEmpty()) return "default settings";
        return new TreeMap<>(topic.settings())
                .entrySet().stream()
                        .map(setting -> setting.getKey() + "=" + setting.getValue())
                        .collect(Collectors.joining(" "));
    }
}
