package dev.millrace.server.cli;

import dev.millrace.client.MillraceClient;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.function.Function;

/**
 * The world as one command sees it; nothing in this package touches {@code System.out} or the environment directly.
 *
 * @param connect opens a client to {@code host:port}
 */
public record Session(
        PrintStream out,
        PrintStream err,
        InputStream in,
        Map<String, String> env,
        Terminal terminal,
        StopSignal stop,
        Daemon daemon,
        StorageTools storage,
        Function<String, MillraceClient> connect) {

    /** A session without a terminal, stopped by nobody, that talks to brokers through the Java client. */
    public static Session of(PrintStream out, PrintStream err, InputStream in, Map<String, String> env) {
        return new Session(
                out,
                err,
                in,
                env,
                Terminal.NONE,
                new StopSignal(),
                Daemon.NONE,
                StorageTools.NONE,
                Session::connectByClient);
    }

    public Session withTerminal(Terminal terminal) {
        return new Session(out, err, in, env, terminal, stop, daemon, storage, connect);
    }

    public Session withStop(StopSignal stop) {
        return new Session(out, err, in, env, terminal, stop, daemon, storage, connect);
    }

    public Session withDaemon(Daemon daemon) {
        return new Session(out, err, in, env, terminal, stop, daemon, storage, connect);
    }

    public Session withStorage(StorageTools storage) {
        return new Session(out, err, in, env, terminal, stop, daemon, storage, connect);
    }

    Session withConnect(Function<String, MillraceClient> connect) {
        return new Session(out, err, in, env, terminal, stop, daemon, storage, connect);
    }

    private static MillraceClient connectByClient(String server) {
        return MillraceClient.builder().server(server).clientId("millrace-cli").build();
    }
}
