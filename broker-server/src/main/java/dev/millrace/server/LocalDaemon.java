package dev.millrace.server;

import dev.millrace.core.storage.StoreException;
import dev.millrace.server.cli.CommandFailure;
import dev.millrace.server.cli.Daemon;
import dev.millrace.server.config.Loaded;
import dev.millrace.server.net.ListenException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.CompletableFuture;

/** What {@code millrace start} runs: a {@link BrokerServer} in this process. */
final class LocalDaemon implements Daemon {
    @Override
    public Running open(Loaded configuration, PrintStream banner) {
        LogSettings.apply(configuration.config().logging());
        CompletableFuture<String> halted = new CompletableFuture<>();
        BrokerServer server = start(configuration, halted);
        banner.print(StartBanner.text(configuration, server.addresses()));
        return new Running() {
            @Override
            public CompletableFuture<String> halted() {
                return halted;
            }

            @Override
            public void rehearse() throws IOException {
                Rehearsal.run(server.addresses());
            }

            @Override
            public void close() {
                server.close();
            }
        };
    }

    private static BrokerServer start(Loaded configuration, CompletableFuture<String> halted) {
        try {
            return BrokerServer.open(
                    configuration.config(),
                    status -> halted.complete(
                            status.detail() + ". " + status.fault().remedy()));
        } catch (ListenException | StoreException expected) {
            throw new CommandFailure(expected.getMessage(), expected);
        }
    }
}
