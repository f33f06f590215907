package dev.millrace.server.cli;

import dev.millrace.client.MillraceClient;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a command line answered when it ran inside the test. */
record Ran(int exit, String out, String err) {
    /** Lines of standard output. */
    List<String> lines() {
        return out.lines().toList();
    }

    static Ran run(String... args) {
        return new Setup().run(args);
    }

    /** The world of a command, changed step by step. */
    static final class Setup {
        private final Map<String, String> env = new HashMap<>();
        private InputStream in = new ByteArrayInputStream(new byte[0]);
        private Terminal terminal = Terminal.NONE;
        private StopSignal stop = new StopSignal();
        private Daemon daemon = Daemon.NONE;
        private boolean offline = true;

        Setup server(String address) {
            offline = false;
            return env("MILLRACE_SERVER", address);
        }

        Setup env(String name, String value) {
            env.put(name, value);
            return this;
        }

        Setup in(String text) {
            return in(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
        }

        Setup in(InputStream in) {
            this.in = in;
            return this;
        }

        Setup terminal(Terminal terminal) {
            this.terminal = terminal;
            return this;
        }

        Setup stop(StopSignal stop) {
            this.stop = stop;
            return this;
        }

        Setup daemon(Daemon daemon) {
            this.daemon = daemon;
            return this;
        }

        Ran run(String... args) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            int exit = run(new PrintStream(out, false, StandardCharsets.UTF_8), err, args);
            return new Ran(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        }

        int run(PrintStream out, ByteArrayOutputStream err, String... args) {
            PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
            Session session = Session.of(out, errors, in, env)
                    .withTerminal(terminal)
                    .withStop(stop)
                    .withDaemon(daemon);
            return CommandRunner.run(offline ? session.withConnect(Setup::refuse) : session, args);
        }

        private static MillraceClient refuse(String server) {
            throw new AssertionError("wrong usage must be found before connecting to " + server);
        }
    }
}
