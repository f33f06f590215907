package dev.millrace.server;

import dev.millrace.server.cli.CommandRunner;
import dev.millrace.server.cli.Session;
import dev.millrace.server.cli.StandardOutput;
import dev.millrace.server.cli.StopSignal;
import dev.millrace.server.cli.Terminal;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where the {@code millrace} command begins. */
public final class Millrace {
    private Millrace() {}

    public static void main(String[] args) {
        CommandRunner.prepareLogging(List.of(args));
        if (args.length > 0 && args[0].equals("start")) Preloading.begin();
        StopSignal stop = StopSignal.ofProcess();
        // Not System.out, which writes every few bytes to the system at once.
        PrintStream out = new StandardOutput(FileDescriptor.out);
        InputStream in = new FileInputStream(FileDescriptor.in);
        Map<String, String> env = environment();
        Session session = session(out, System.err, in, env)
                .withTerminal(Terminal.detect(env))
                .withStop(stop);
        int exitCode = CommandRunner.run(session, args);
        stop.finished(exitCode);
        System.exit(exitCode);
    }

    /** As a process would run it, without a terminal. Returns the exit code: 0 ok, 1 failed, 2 wrong usage. */
    static int run(String[] args, PrintStream out, PrintStream err, InputStream in, Map<String, String> env) {
        return CommandRunner.run(session(out, err, in, env), args);
    }

    /** The launcher knows where the distribution lies, and with it the configuration file. */
    private static Map<String, String> environment() {
        Map<String, String> env = new HashMap<>(System.getenv());
        String home = System.getProperty("millrace.home");
        if (home != null) env.putIfAbsent("MILLRACE_HOME", home);
        return env;
    }

    private static Session session(PrintStream out, PrintStream err, InputStream in, Map<String, String> env) {
        return Session.of(out, err, in, env).withDaemon(new LocalDaemon()).withStorage(new OfflineStorage());
    }
}
