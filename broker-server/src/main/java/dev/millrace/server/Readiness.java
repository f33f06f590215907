package dev.millrace.server;

import dev.millrace.core.Broker;
import dev.millrace.core.BrokerStatus;
import dev.millrace.core.storage.RecoveryWatch;
import dev.millrace.core.time.Units;
import dev.millrace.server.protocol.http.Health;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Whether requests should be sent here now, from the server's phase and the broker's status. Thread: any. */
final class Readiness {
    private sealed interface Phase {
        /** Nothing is opened yet. */
        record Starting() implements Phase {}

        /** The data directory is being opened. */
        record Recovering(RecoveryWatch.Step step, long walBytes, long sinceNanos) implements Phase {
            String text() {
                long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - sinceNanos);
                return step.text() + ": " + Units.approximateBytes(walBytes) + " to replay, " + seconds
                        + " s since the start";
            }
        }

        record Serving(Broker broker) implements Phase {}

        record Draining() implements Phase {}
    }

    private volatile Phase phase = new Phase.Starting();

    void recovering(RecoveryWatch.Step step, long walBytes) {
        long sinceNanos = phase instanceof Phase.Recovering before ? before.sinceNanos : System.nanoTime();
        phase = new Phase.Recovering(step, walBytes, sinceNanos);
    }

    void serving(Broker broker) {
        phase = new Phase.Serving(broker);
    }

    void draining() {
        phase = new Phase.Draining();
    }

    boolean isReady() {
        return ready().healthy();
    }

    Health ready() {
        Phase now = phase;
        if (now instanceof Phase.Starting) {
            return Health.failing("starting", "starting", "the data directory is being opened");
        }
        if (now instanceof Phase.Recovering recovering) {
            return Health.failing("starting", "starting", recovering.text());
        }
        if (now instanceof Phase.Serving serving) {
            return ready(serving.broker().status());
        }
        return Health.failing("draining", "draining", "the broker is stopping");
    }

    /** A restart helps a halted broker alone: it frees no disk, and it only prolongs a recovery. */
    Health live() {
        if (phase instanceof Phase.Serving serving && serving.broker().status() instanceof BrokerStatus.Halted halted) {
            return halted(halted);
        }
        return Health.ok("live");
    }

    private static Health ready(BrokerStatus status) {
        if (status instanceof BrokerStatus.Halted halted) {
            return halted(halted);
        }
        if (status instanceof BrokerStatus.DiskFull full) {
            return Health.failing(
                    "disk_full",
                    "disk_full",
                    Units.approximateBytes(full.usableBytes()) + " are free, storage.diskReserve keeps "
                            + Units.approximateBytes(full.reserveBytes())
                            + "; publishes are refused, reads and commits go on");
        }
        if (status instanceof BrokerStatus.Draining) {
            return Health.failing("draining", "draining", "the broker is stopping");
        }
        return Health.ok("ready");
    }

    private static Health halted(BrokerStatus.Halted halted) {
        return Health.failing("halted", halted.fault().name().toLowerCase(Locale.ROOT), halted.detail());
    }
}
