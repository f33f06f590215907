package dev.millrace.server.cli;

import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;

/** Runs one command line of {@code millrace} and answers with its exit code. */
public final class CommandRunner {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int WRONG_USAGE = 2;

    private static final int WIDTH_MIN = 80;
    private static final int WIDTH_DEFAULT = 100;
    private static final int WIDTH_MAX = 120;

    private CommandRunner() {}

    /**
     * Gives the tools a log that starts in no time and says only what a person has to know; the broker keeps its own.
     * Call before anything logs.
     */
    public static void prepareLogging(List<String> args) {
        if (args.contains("start")) return;
        // SLF4J would announce the choice.
        System.setProperty("slf4j.internal.verbosity", "WARN");
        System.setProperty(StderrLog.PROVIDER_PROPERTY, StderrLog.class.getName());
        // Else SLF4J tells every user on stderr which provider it was given.
        System.setProperty("slf4j.internal.verbosity", "WARN");
        if (args.contains("--debug")) System.setProperty(StderrLog.DEBUG_PROPERTY, "true");
    }

    /** Returns 0 where the command did what was asked, 1 where it failed, 2 where it cannot be understood. */
    public static int run(Session session, String... args) {
        boolean colours =
                session.terminal().colours(session.env()) && !List.of(args).contains("--no-color");
        CommandLine commandLine = isOverview(args)
                ? overview(session, colours)
                : commandLine(session, colours, onlyCommand(session, args));
        int exitCode = commandLine.execute(args);
        session.err().flush();
        try {
            StandardOutput.delivered(session.out());
        } catch (CommandFailure unwritten) {
            session.err().println("error: " + unwritten.getMessage());
            return FAILED;
        }
        return exitCode;
    }

    /** The whole tree of commands. */
    static CommandLine commandLine(Session session, boolean colours) {
        return commandLine(session, colours, null);
    }

    private static boolean isOverview(String... args) {
        return args.length == 1 && (args[0].equals("--help") || args[0].equals("-h"));
    }

    /** Reading the annotations of all commands takes a third of a short command's time, so others are left out. */
    private static String onlyCommand(Session session, String... args) {
        boolean needsAll = args.length == 0 || args[0].equals("help") || args[0].equals("completion");
        return !needsAll && commands(session).containsKey(args[0]) ? args[0] : null;
    }

    /** A command: what it is, and how it is made. */
    private record Entry(Class<?> type, Supplier<Object> make) {}

    private static Map<String, Entry> commands(Session session) {
        Map<String, Entry> commands = new LinkedHashMap<>();
        commands.put("start", new Entry(StartCommand.class, () -> new StartCommand(session)));
        commands.put("config", new Entry(ConfigCommand.class, () -> new ConfigCommand(session.env())));
        commands.put("doctor", new Entry(DoctorCommand.class, () -> new DoctorCommand(session)));
        commands.put("topic", new Entry(TopicCommand.class, () -> TopicCommand.create(session)));
        commands.put("pub", new Entry(PubCommand.class, () -> new PubCommand(session)));
        commands.put("sub", new Entry(SubCommand.class, () -> new SubCommand(session)));
        commands.put("group", new Entry(GroupCommand.class, () -> GroupCommand.create(session)));
        commands.put("deadletter", new Entry(DeadLetterCommand.class, () -> DeadLetterCommand.create(session)));
        commands.put("schema", new Entry(SchemaCommand.class, () -> SchemaCommand.create(session)));
        commands.put("audit", new Entry(AuditCommand.class, () -> new AuditCommand(session)));
        commands.put("timer", new Entry(TimerCommand.class, () -> TimerCommand.create(session)));
        commands.put("trace", new Entry(TraceCommand.class, () -> new TraceCommand(session)));
        commands.put("backup", new Entry(BackupCommand.class, () -> BackupCommand.create(session)));
        commands.put("storage", new Entry(StorageCommand.class, () -> StorageCommand.create(session)));
        commands.put("stream", new Entry(StreamCommand.class, () -> StreamCommand.create(session)));
        commands.put("bench", new Entry(BenchCommand.class, () -> BenchCommand.create(session)));
        commands.put("version", new Entry(VersionCommand.class, () -> new VersionCommand(session)));
        commands.put("completion", new Entry(CompletionCommand.class, () -> new CompletionCommand(session)));
        commands.put("help", new Entry(CommandLine.HelpCommand.class, CommandLine.HelpCommand::new));
        return commands;
    }

    /** The tree with no more of each command than its line in {@code millrace --help}, which so takes half the time. */
    static CommandLine overview(Session session, boolean colours) {
        CommandLine root = new CommandLine(new RootCommand());
        commands(session).forEach((name, command) -> {
            Command about = command.type().getAnnotation(Command.class);
            CommandSpec line = CommandSpec.create();
            line.usageMessage().header(about.header()).description(about.description());
            root.addSubcommand(name, new CommandLine(line));
        });
        return setUp(root, session, colours);
    }

    /** @param only the one command that is wanted, or null for all */
    private static CommandLine commandLine(Session session, boolean colours, String only) {
        CommandLine root = new CommandLine(new RootCommand());
        commands(session).forEach((name, command) -> {
            if (only == null || only.equals(name)) {
                root.addSubcommand(command.make().get());
            }
        });
        return setUp(root, session, colours);
    }

    private static CommandLine setUp(CommandLine root, Session session, boolean colours) {
        Failures failures = new Failures(session, colours);
        layOut(root);
        return root.setOut(writer(session.out()))
                .setErr(writer(session.err()))
                // Values may begin with @: a unix time, a handle.
                .setExpandAtFiles(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(width(session.terminal()))
                .setColorScheme(Help.defaultColorScheme(colours ? Help.Ansi.ON : Help.Ansi.OFF))
                .setParameterExceptionHandler(failures)
                .setExecutionExceptionHandler(failures);
    }

    /** One look for all help texts: what is special to the command first, what all have last. */
    private static void layOut(CommandLine command) {
        command.getCommandSpec()
                .usageMessage()
                .sortOptions(false)
                .parameterListHeading("%n")
                .optionListHeading("%nOptions:%n")
                .commandListHeading("%nCommands:%n");
        command.getSubcommands().values().forEach(CommandRunner::layOut);
    }

    private static int width(Terminal terminal) {
        int columns = terminal.columns();
        return columns == 0 ? WIDTH_DEFAULT : Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, columns));
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
    }
}
