package dev.millrace.server.cli;

import dev.millrace.client.BrokerInfo;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace doctor}: says whether the broker can be used, and what it is. */
@Command(
        name = "doctor",
        abbreviateSynopsis = true,
        description = "Check the connection, versions, addresses, disk and clock of a broker.",
        footer = {
            "",
            "Prints one line per check: ok, warn or fail. Exits with 1 where one fails.",
            "",
            "Example: millrace doctor --server broker.example:7650"
        })
final class DoctorCommand implements Callable<Integer> {
    private final Session session;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    /** What a check found; ordered from good to bad. */
    enum Verdict {
        OK("32"),
        WARN("33"),
        FAIL("31");

        private final String colour;

        Verdict(String colour) {
            this.colour = colour;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    record Check(Verdict verdict, String name, String text) {}

    DoctorCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        String server = global.server(session);
        List<Check> checks = examine(server);
        session.out().print(global.json() ? json(checks) : text(checks));
        return checks.stream().anyMatch(check -> check.verdict() == Verdict.FAIL)
                ? CommandRunner.FAILED
                : CommandRunner.OK;
    }

    private List<Check> examine(String server) {
        List<Check> checks = new ArrayList<>();
        try (MillraceClient client = session.connect().apply(server)) {
            BrokerInfo broker = client.admin().brokerInfo();
            // The first call finds the code cold; the second one tells the truth about time.
            broker = client.admin().brokerInfo();
            checks.addAll(Diagnosis.of(server, broker, System.currentTimeMillis(), VersionCommand.version()));
        } catch (MillraceException e) {
            checks.add(new Check(Verdict.FAIL, "connect", Failures.message(e)));
        }
        return checks;
    }

    private String text(List<Check> checks) {
        int width =
                checks.stream().mapToInt(check -> check.name().length()).max().orElse(0);
        boolean colours = global.colours(session);
        StringBuilder text = new StringBuilder();
        for (Check check : checks) {
            String word = String.format("%-4s", check.verdict());
            text.append(colours ? "\u001b[" + check.verdict().colour + "m" + word + "\u001b[0m" : word);
            text.append("  ")
                    .append(check.name())
                    .append(" ".repeat(width - check.name().length() + 2));
            text.append(check.text()).append('\n');
        }
        return text.toString();
    }

    private static String json(List<Check> checks) {
        JsonWriter json = new JsonWriter().begin('[');
        for (Check check : checks) {
            json.begin('{')
                    .field("check", check.name())
                    .field("verdict", check.verdict().toString())
                    .field("detail", check.text())
                    .end('}');
        }
        return json.end(']').newLine().toString();
    }
}
