package dev.millrace.server.cli;

import dev.millrace.client.BrokerInfo;
import dev.millrace.server.cli.DoctorCommand.Check;
import dev.millrace.server.cli.DoctorCommand.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a broker's answer to {@code millrace doctor} means. */
final class Diagnosis {
    private static final long SKEW_WARN_MS = 1000;
    private static final long SKEW_FAIL_MS = 60_000;
    private static final double ROUND_TRIP_WARN_MS = 250;
    private static final long DISK_FREE_WARN_BYTES = 1L << 30;

    private Diagnosis() {}

    /** @param nowMs this machine's clock when the answer came */
    static List<Check> of(String server, BrokerInfo broker, long nowMs, String ownVersion) {
        List<Check> checks = new ArrayList<>();
        checks.add(connection(server, broker));
        checks.add(versions(broker, ownVersion));
        checks.add(clock(broker, nowMs));
        for (Map.Entry<String, String> property : broker.properties().entrySet()) {
            // The version is compared above.
            if (!property.getKey().equals("version")) checks.add(property(property.getKey(), property.getValue()));
        }
        return checks;
    }

    private static Check connection(String server, BrokerInfo broker) {
        boolean slow = broker.roundTripMs() > ROUND_TRIP_WARN_MS;
        String text = String.format(
                Locale.ROOT, "%s answers in %.1f ms, cluster %s", server, broker.roundTripMs(), broker.clusterId());
        return new Check(slow ? Verdict.WARN : Verdict.OK, "connect", text);
    }

    private static Check versions(BrokerInfo broker, String ownVersion) {
        String text =
                "command " + ownVersion + ", broker " + broker.software() + ", protocol " + broker.protocolVersion();
        boolean same = broker.software().endsWith("/" + ownVersion);
        return same
                ? new Check(Verdict.OK, "versions", text)
                : new Check(Verdict.WARN, "versions", text + ". Use one release on both sides.");
    }

    /** The broker read its clock about half a round trip ago. */
    private static Check clock(BrokerInfo broker, long nowMs) {
        long skewMs = Math.round(broker.nowMs() + broker.roundTripMs() / 2 - nowMs);
        long offMs = Math.abs(skewMs);
        String text = "the broker's clock is " + Amounts.duration(offMs) + (skewMs < 0 ? " behind" : " ahead of")
                + " this machine's";
        if (offMs > SKEW_FAIL_MS) return new Check(Verdict.FAIL, "clock", text + ". Set both by NTP.");
        if (offMs > SKEW_WARN_MS) return new Check(Verdict.WARN, "clock", text + ". Set both by NTP.");
        return new Check(Verdict.OK, "clock", text);
    }

    private static Check property(String name, String value) {
        return switch (name) {
            case "status" -> status(value);
            case "disk free bytes" -> diskFree(value);
            default -> new Check(Verdict.OK, name, value);
        };
    }

    private static Check status(String value) {
        return switch (value) {
            case "Serving" -> new Check(Verdict.OK, "status", "serving");
            case "DiskFull" ->
                new Check(
                        Verdict.FAIL,
                        "status",
                        "the disk is full: publishes are refused. Free space or lower retention.");
            case "Draining" -> new Check(Verdict.WARN, "status", "stopping");
            case "Halted" ->
                new Check(Verdict.FAIL, "status", "the storage has failed. Check the disk, then restart the broker.");
            default -> new Check(Verdict.WARN, "status", value + ", which this command does not know");
        };
    }

    private static Check diskFree(String value) {
        if (!value.matches("[0-9]{1,18}")) return new Check(Verdict.OK, "disk free", value);
        long bytes = Long.parseLong(value);
        String text = Amounts.bytes(bytes);
        return bytes < DISK_FREE_WARN_BYTES
                ? new Check(Verdict.WARN, "disk free", text + ". Free space before the broker must refuse publishes.")
                : new Check(Verdict.OK, "disk free", text);
    }
}
