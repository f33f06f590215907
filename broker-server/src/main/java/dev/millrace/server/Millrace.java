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
import java.util.List;
import java.util.Map;

/** Where the {@code millrace} command begins. */
public final class Millrace {
    private Millrace() {}

    public static void main(String[] args) {
        CommandRunner.prepareLogging(List.of(args));
        StopSignal stop = StopSignal.ofProcess();
        // Not System.out, which writes every few bytes to the system at once.
        PrintStream out = new StandardOutput(FileDescriptor.out);
        InputStream in = new FileInputStream(FileDescriptor.in);
        int exitCode = CommandRunner.run(
                session(out, System.err, in, System.getenv())
                        .withTerminal(Terminal.detect(System.getenv()))
                        .withStop(stop),
                args);
        stop.finished(exitCode);
        System.exit(exitCode);
    }

    /** As a process would run it, without a terminal. Returns the exit code: 0 ok, 1 failed, 2 wrong usage. */
    static int run(String[] args, PrintStream out, PrintStream err, InputStream in, Map<String, String> env) {
        return CommandRunner.run(session(out, err, in, env), args);
    }

    private static Session session(PrintStream out, PrintStream err, InputStream in, Map<String, String> env) {
        return Session.of(out, err, in, env).withDaemon(new LocalDaemon());
    }
}
