package dev.millrace.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which package may use which: the table of docs/DEVELOPING.md as data.
 *
 * <p>A package may use itself and what stands on a line below its own in the same block, never a sibling on its own
 * line. What it may use of another block is said by {@link #acrossBlocks}.
 */
final class PackageTable {
    private static final List<List<String>> SERVER = List.of(
            List.of("server.testing"),
            List.of("server"),
            List.of("server.cli"),
            List.of("server.bench"),
            List.of(
                    "server.protocol.wire",
                    "server.protocol.kafka",
                    "server.protocol.sqs",
                    "server.protocol.amqp",
                    "server.protocol.http"),
            List.of("server.trace"),
            List.of("server.schema"),
            List.of("server.schema.format"),
            List.of("server.replication"),
            List.of("server.security", "server.metrics", "server.tracing"),
            List.of("server.protocol", "server.net", "server.config"));

    private static final List<List<String>> CLIENT = List.of(
            List.of("client.jdbc", "client.schema", "client.otel"), List.of("client"), List.of("client.internal"));

    private static final List<List<String>> CORE = List.of(
            List.of("core"),
            List.of("core.machine"),
            List.of("core.queue", "core.stream", "core.deadletter"),
            List.of(
                    "core.log",
                    "core.group",
                    "core.topic",
                    "core.producer",
                    "core.transaction",
                    "core.timer",
                    "core.trace",
                    "core.schema"),
            List.of("core.shard"),
            List.of("core.command", "core.storage"),
            List.of("core.compression"),
            List.of("core.record", "core.wire", "core.error", "core.time", "core.failpoint"));

    private static final List<List<List<String>>> BLOCKS = List.of(SERVER, CLIENT, CORE);

    /** The leaves: {@code java.*} only. */
    static final Set<String> LEAVES = Set.of("core.record", "core.wire", "core.error", "core.time", "core.failpoint");

    private static final Set<String> CORE_FOR_CLIENT =
            Set.of("core.record", "core.compression", "core.wire", "core.error");

    /** What the server's packages see of core, all but the one that wires: the facade, its values and the leaves. */
    private static final Set<String> CORE_FOR_ADAPTERS =
            Set.of("core", "core.compression", "core.record", "core.wire", "core.error", "core.time");

    /** Commands know what they print and the faults they report; everything else they ask a broker for. */
    private static final Set<String> CORE_FOR_COMMANDS = Set.of("core.record", "core.error", "core.time");

    /** The bench speaks to brokers as their users do, so it sees the public client and what that shows. */
    private static final Set<String> FOR_BENCH = Set.of("client", "core.record", "core.error", "core.time");

    private PackageTable() {}

    static boolean contains(String name) {
        return position(name).isPresent();
    }

    static boolean allows(String from, String to) {
        if (from.equals(to)) return true;
        Optional<Position> user = position(from);
        Optional<Position> used = position(to);
        if (user.isEmpty() || used.isEmpty()) return false;
        if (from.equals("server.cli")) return commandsMayUse(to);
        if (from.equals("server.bench")) return FOR_BENCH.contains(to);
        // The public API is interfaces and values; what implements them has to name them.
        if (from.equals("client.internal") && to.equals("client")) return true;
        if (user.get().block() == used.get().block())
            return user.get().line() < used.get().line();
        return acrossBlocks(from, to);
    }

    private static boolean commandsMayUse(String to) {
        // dev.millrace.server holds BrokerServer, which `millrace start` runs.
        return Set.of("server", "server.bench", "server.config", "server.trace", "client", "client.schema")
                        .contains(to)
                || CORE_FOR_COMMANDS.contains(to);
    }

    private static boolean acrossBlocks(String from, String to) {
        if (from.equals("server")) return !to.equals("client.internal");
        // It hands tests a client beside the broker.
        if (from.equals("server.testing") && to.equals("client")) return true;
        // One report of a trace, whether a client asks for it or REST.
        if (from.equals("server.trace") && to.equals("client")) return true;
        if (from.startsWith("server.")) return CORE_FOR_ADAPTERS.contains(to);
        if (from.startsWith("client")) return CORE_FOR_CLIENT.contains(to);
        return false;
    }

    private static Optional<Position> position(String name) {
        for (List<List<String>> block : BLOCKS) {
            for (int line = 0; line < block.size(); line++) {
                if (block.get(line).contains(name)) return Optional.of(new Position(BLOCKS.indexOf(block), line));
            }
        }
        return Optional.empty();
    }

    /** All packages of the table, for tests of the table itself. */
    static List<String> all() {
        List<String> names = new ArrayList<>();
        BLOCKS.forEach(block -> block.forEach(names::addAll));
        return names;
    }

    private record Position(int block, int line) {}
}
