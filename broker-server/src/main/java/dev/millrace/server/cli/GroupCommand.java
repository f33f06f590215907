package dev.millrace.server.cli;

import dev.millrace.client.Admin.GroupSummary;
import dev.millrace.client.Admin.OffsetReset;
import dev.millrace.client.GroupInfo;
import dev.millrace.client.GroupInfo.Member;
import dev.millrace.client.GroupInfo.Progress;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicPartition;
import java.util.ArrayList;
import java.util.List;
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

/** {@code millrace group}: shows consumer groups, moves their offsets and deletes them. */
@Command(
        name = "group",
        synopsisSubcommandLabel = "COMMAND",
        abbreviateSynopsis = true,
        description = "List, describe, reset and delete consumer groups.",
        footer = {"", "Example: millrace group describe billing"})
final class GroupCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    private GroupCommand() {}

    static CommandLine create(Session session) {
        return new CommandLine(new GroupCommand())
                .addSubcommand(new Listing(session))
                .addSubcommand(new Describe(session))
                .addSubcommand(new Reset(session))
                .addSubcommand(new Delete(session));
    }

    @Override
    public void run() {
        throw RootCommand.missingCommand(spec);
    }

    @Command(
            name = "list",
            aliases = "ls",
            abbreviateSynopsis = true,
            description = "List the consumer groups with their lag.",
            footer = {"", "Example: millrace group list"})
    static final class Listing implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        Listing(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                List<GroupSummary> groups = client.admin().listGroups();
                session.out().print(global.json() ? json(groups) : table(groups));
            }
            return CommandRunner.OK;
        }

        private static String json(List<GroupSummary> groups) {
            JsonWriter json = new JsonWriter().begin('[');
            for (GroupSummary group : groups) {
                json.begin('{')
                        .field("group", group.group())
                        .field("state", group.state())
                        .field("members", group.members())
                        .field("lagMessages", group.lagMessages())
                        .field("lagMs", group.lagMs())
                        .end('}');
            }
            return json.end(']').newLine().toString();
        }

        private String table(List<GroupSummary> groups) {
            if (groups.isEmpty()) return "no groups\n";
            TableWriter table = new TableWriter()
                    .text("GROUP")
                    .text("STATE")
                    .number("MEMBERS")
                    .number("LAG")
                    .number("LAG TIME");
            for (GroupSummary group : groups) {
                table.row(
                        group.group(),
                        group.state(),
                        group.members(),
                        Amounts.count(group.lagMessages()),
                        Amounts.duration(group.lagMs()));
            }
            return table.render(session.terminal().columns());
        }
    }

    @Command(
            name = "describe",
            aliases = "info",
            abbreviateSynopsis = true,
            description = "Show a group's members, their partitions, and the lag in messages and in time.",
            footer = {
                "",
                "Lag time is the age of the oldest message that is not committed.",
                "",
                "Example: millrace group describe billing"
            })
    static final class Describe implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(paramLabel = "GROUP", description = "The group.")
        private String group;

        Describe(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                GroupInfo info = client.admin().describeGroup(group);
                session.out().print(global.json() ? json(info) : text(info));
            }
            return CommandRunner.OK;
        }

        private static String json(GroupInfo info) {
            JsonWriter json = new JsonWriter().begin('{').field("group", info.group());
            json.field("state", info.state()).field("generation", info.generation());
            json.field("lagMessages", info.lagMessages()).field("lagMs", info.lagMs());
            json.name("members").begin('[');
            for (Member member : info.members()) {
                json.begin('{').field("memberId", member.memberId());
                json.field("instanceId", member.instanceId()).field("clientId", member.clientId());
                json.field("memberEpoch", member.memberEpoch());
                json.name("partitions").begin('[');
                member.partitions()
                        .forEach(partition -> write(json.begin('{'), partition).end('}'));
                json.end(']').end('}');
            }
            json.end(']').name("partitions").begin('[');
            for (Progress progress : info.partitions()) {
                write(json.begin('{'), progress.partition());
                json.field("committedOffset", progress.committedOffset()).field("endOffset", progress.endOffset());
                json.field("lagMessages", progress.lagMessages()).field("lagMs", progress.lagMs());
                json.field("memberId", progress.memberId()).end('}');
            }
            return json.end(']').end('}').newLine().toString();
        }

        private String text(GroupInfo info) {
            int columns = session.terminal().columns();
            StringBuilder text = new StringBuilder();
            text.append("group:       ").append(info.group()).append('\n');
            text.append("state:       ").append(info.state()).append('\n');
            text.append("generation:  ").append(info.generation()).append('\n');
            text.append("lag:         ")
                    .append(Amounts.count(info.lagMessages()))
                    .append(" messages, ");
            text.append(Amounts.duration(info.lagMs())).append("\n\n");
            if (info.members().isEmpty()) {
                text.append("no members\n");
            } else {
                text.append(members(info).render(columns));
            }
            if (info.partitions().isEmpty())
                return text.append("\nno committed offsets\n").toString();
            return text.append('\n').append(partitions(info).render(columns)).toString();
        }

        private static TableWriter members(GroupInfo info) {
            TableWriter table = new TableWriter()
                    .text("MEMBER")
                    .text("CLIENT")
                    .text("INSTANCE")
                    .number("EPOCH")
                    .number("COUNT")
                    .text("PARTITIONS");
            for (Member member : info.members()) {
                String partitions = member.partitions().stream()
                        .map(TopicPartition::toString)
                        .collect(Collectors.joining(" "));
                table.row(
                        member.memberId(),
                        member.clientId(),
                        member.instanceId(),
                        member.memberEpoch(),
                        member.partitions().size(),
                        partitions);
            }
            return table;
        }

        private static TableWriter partitions(GroupInfo info) {
            TableWriter table = new TableWriter()
                    .text("TOPIC")
                    .number("PARTITION")
                    .number("COMMITTED")
                    .number("END")
                    .number("LAG")
                    .number("LAG TIME")
                    .text("MEMBER");
            for (Progress progress : info.partitions()) {
                table.row(
                        progress.partition().topic(),
                        progress.partition().partition(),
                        progress.committedOffset() < 0 ? null : progress.committedOffset(),
                        progress.endOffset(),
                        Amounts.count(progress.lagMessages()),
                        Amounts.duration(progress.lagMs()),
                        progress.memberId());
            }
            return table;
        }
    }

    @Command(
            name = "reset",
            abbreviateSynopsis = true,
            description = "Move a group's committed offsets in a topic. The group must have no members.",
            footer = {
                "",
                "Examples:",
                "  millrace group reset billing --topic orders --to earliest --dry-run",
                "  millrace group reset billing --topic orders --to -1h",
                "  millrace group reset billing --topic orders --to 2024-10-25T14:00:00Z --partition 3"
            })
    static final class Reset implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(paramLabel = "GROUP", description = "The group.")
        private String group;

        @Option(names = "--topic", required = true, paramLabel = "TOPIC", description = "The topic.")
        private String topic;

        @Option(
                names = "--to",
                required = true,
                paramLabel = "POSITION",
                description = "earliest, latest, an offset, a time (RFC 3339, or @ and unix seconds or milliseconds),"
                        + " or -1h.")
        private String to;

        @Option(names = "--partition", paramLabel = "P", description = "Only this one; can be repeated. Default: all.")
        private List<Integer> partitions = new ArrayList<>();

        @Option(names = "--dry-run", description = "Show what would be, change nothing.")
        private boolean dryRun;

        @Spec
        private CommandSpec spec;

        Reset(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            StartFrom position = position(to, "--to", spec);
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                List<OffsetReset> resets = client.admin().resetOffsets(group, topic, partitions, position, dryRun);
                session.out().print(global.json() ? json(resets) : text(resets));
            }
            return CommandRunner.OK;
        }

        private String json(List<OffsetReset> resets) {
            JsonWriter json = new JsonWriter().begin('{').field("group", group);
            json.name("dryRun").literal(dryRun).name("partitions").begin('[');
            for (OffsetReset reset : resets) {
                write(json.begin('{'), reset.partition())
                        .field("before", reset.before())
                        .field("after", reset.after())
                        .end('}');
            }
            return json.end(']').end('}').newLine().toString();
        }

        private String text(List<OffsetReset> resets) {
            TableWriter table = new TableWriter()
                    .text("TOPIC")
                    .number("PARTITION")
                    .number("BEFORE")
                    .number("AFTER")
                    .number("CHANGE");
            for (OffsetReset reset : resets) {
                boolean committed = reset.before() >= 0;
                table.row(
                        reset.partition().topic(),
                        reset.partition().partition(),
                        committed ? reset.before() : null,
                        reset.after(),
                        committed ? signed(reset.after() - reset.before()) : null);
            }
            String done = dryRun ? "nothing changed (--dry-run)\n" : "offsets of group " + group + " moved\n";
            return table.render(session.terminal().columns()) + done;
        }

        private static String signed(long change) {
            return change > 0 ? "+" + Amounts.count(change) : Amounts.count(change);
        }
    }

    @Command(
            name = "delete",
            aliases = "rm",
            abbreviateSynopsis = true,
            description = "Delete a group with its offsets. The group must have no members.",
            footer = {"", "Example: millrace group delete billing"})
    static final class Delete implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(paramLabel = "GROUP", description = "The group.")
        private String group;

        @Option(
                names = {"-y", "--yes"},
                description = "Do not ask, also on a terminal.")
        private boolean yes;

        Delete(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            if (!yes && Confirmation.possible(session)) {
                Confirmation.require(session, "Delete group " + group + " with its offsets?");
            }
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                client.admin().deleteGroup(group);
            }
            JsonWriter json =
                    new JsonWriter().begin('{').field("deleted", group).end('}');
            session.out().println(global.json() ? json : "deleted group " + group);
            return CommandRunner.OK;
        }
    }

    /** @throws ParameterException naming the option */
    static StartFrom position(String text, String option, CommandSpec spec) {
        try {
            return Times.parseStart(text);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), option + ": " + e.getMessage() + ".", e);
        }
    }

    private static JsonWriter write(JsonWriter json, TopicPartition partition) {
        return json.field("topic", partition.topic()).field("partition", partition.partition());
    }
}
