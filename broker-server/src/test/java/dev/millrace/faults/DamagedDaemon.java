package dev.millrace.faults;

import dev.millrace.client.Consumer;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.core.error.Fault;
import dev.millrace.faults.DamageOracle.Place;
import dev.millrace.faults.DamageVerdict.Outcome;
import dev.millrace.system.Daemon;
import dev.millrace.system.Distribution;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The same damage seen from outside: the real daemon on the directory, and a real client that reads everything. */
final class DamagedDaemon {
    private static final Duration POLL_MAX = Duration.ofSeconds(10);

    private final Path directory;
    private final DamageOracle oracle;
    private final Injury injury;
    private final List<String> violations = new ArrayList<>();

    /** @param directory holds the damaged {@code data} */
    DamagedDaemon(Path directory, DamageOracle oracle, Injury injury) {
        this.directory = directory;
        this.oracle = oracle;
        this.injury = injury;
    }

    /** What is wrong, given what the broker made of the same damage in process. */
    List<String> check(DamageVerdict expected) throws Exception {
        try (Daemon daemon = new Daemon(
                Distribution.underTest(), directory, "storage.generationSize=1MiB", "storage.diskReserve=0B")) {
            daemon.launch();
            while (daemon.process().isAlive() && daemon.statusOf("/health/ready") != 200) {
                daemon.process().waitFor(10, TimeUnit.MILLISECONDS);
            }
            if (daemon.process().isAlive()) {
                checkServing(daemon, expected);
            } else {
                checkRefused(daemon, expected);
            }
        }
        return violations;
    }

    private void checkRefused(Daemon daemon, DamageVerdict expected) throws InterruptedException {
        boolean said = daemon.log().toLowerCase(java.util.Locale.ROOT).contains("restore");
        if (expected.outcome() != Outcome.REFUSED || daemon.process().waitFor() == 0 || !said) {
            violations.add("daemon, " + injury + ": ended with "
                    + daemon.process().waitFor() + " and said " + daemon.log() + ", in process it was " + expected);
        }
    }

    private void checkServing(Daemon daemon, DamageVerdict expected) {
        if (expected.outcome() == Outcome.REFUSED) {
            violations.add("daemon, " + injury + ": serves, in process it was " + expected);
        }
        int damagedCount = 0;
        try (MillraceClient client =
                MillraceClient.builder().server(daemon.server()).build()) {
            for (Place place : oracle.places()) {
                damagedCount += readAll(client, place) ? 0 : 1;
            }
        }
        boolean expectedDamage = expected.outcome() == Outcome.PART_ONLY;
        if (damagedCount > 0 != expectedDamage
                || damagedCount == oracle.places().size()) {
            violations.add("daemon, " + injury + ": " + damagedCount
                    + " partitions are damaged for a client, in process it" + " was " + expected);
        }
    }

    /** False where the client is told that something is damaged. */
    private boolean readAll(MillraceClient client, Place place) {
        long next = 0;
        try (Consumer consumer = client.consumer()
                .topics(place.topic())
                .partitions(place.partition())
                .from(StartFrom.earliest())
                .open()) {
            while (next < oracle.ackedEnd(place)) {
                List<ReceivedMessage> polled = consumer.poll(POLL_MAX);
                if (polled.isEmpty() || polled.get(0).offset() != next) {
                    violations.add("daemon, " + injury + ": " + place + " ends or jumps at " + next);
                    return true;
                }
                next += polled.size();
            }
            return true;
        } catch (MillraceException e) {
            boolean named = e.fault() == Fault.DATA_DAMAGED
                    && e.getMessage().contains(place.topic())
                    && e.getMessage().contains("partition " + place.partition())
                    && injury.isNamedIn(e.getMessage());
            if (!named) {
                violations.add("daemon, " + injury + ": reading " + place + " at " + next + " failed with " + e);
            }
            return false;
        }
    }
}
