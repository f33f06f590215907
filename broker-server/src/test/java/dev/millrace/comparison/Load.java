package dev.millrace.comparison;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.system.Distribution;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** What a run of {@code millrace bench} measured. */
final class Load {
    /** Longer than any run: what hangs must end. */
    private static final long RUN_MAX_MINUTES = 15;

    private final String command;
    private final JsonNode measured;

    private Load(String command, JsonNode measured) {
        this.command = command;
        this.measured = measured;
    }

    /** Runs the distribution's own command in a process of its own and demands that it had no errors. */
    static Load run(Path directory, String arguments) throws Exception {
        String command = "millrace bench " + withoutPlaces(arguments);
        Path out = directory.resolve("bench.json");
        Path log = directory.resolve("bench.log");
        Process bench = Distribution.underTest()
                .command(("bench " + arguments).split(" "))
                .redirectOutput(out.toFile())
                .redirectError(log.toFile())
                .start();
        if (!bench.waitFor(RUN_MAX_MINUTES, TimeUnit.MINUTES)) {
            bench.destroyForcibly();
            throw new IllegalStateException("did not end within " + RUN_MAX_MINUTES + " minutes: " + command);
        }
        if (bench.exitValue() != 0) {
            throw new IllegalStateException("failed with " + bench.exitValue() + ": " + command + "\n" + end(log));
        }
        JsonNode measured = new ObjectMapper().readTree(Files.readString(out));
        Load load = new Load(command, measured);
        if (load.value("errors") > 0) {
            throw new IllegalStateException(
                    load.value("errors") + " errors, the first " + measured.path("firstError") + ": " + command);
        }
        return load;
    }

    /** Ports, process ids and folders differ from run to run. */
    private static String withoutPlaces(String arguments) {
        return arguments
                .replaceAll("(://127\\.0\\.0\\.1:)\\d+", "$1PORT")
                .replaceAll(" --broker-pid \\d+", "")
                .replaceAll(" (/\\S*)/(\\S+)", " $2");
    }

    private static String end(Path log) throws Exception {
        String text = Files.readString(log, StandardCharsets.UTF_8);
        return text.substring(Math.max(0, text.length() - 2000)).strip();
    }

    /** The command line, as it could be typed. */
    String command() {
        return command;
    }

    /** @param path names, divided by dots */
    double value(String path) {
        JsonNode at = measured;
        for (String name : path.split("\\.")) {
            at = at.path(name);
        }
        if (!at.isNumber()) throw new IllegalStateException("no number " + path + " in " + measured);
        return at.asDouble();
    }

    double recordsPerSecond() {
        return value("recordsPerSecond");
    }

    double mebibytesPerSecond() {
        return value("mebibytesPerSecond");
    }

    /** Of the measured time only, as are the bytes. */
    double brokerCpuSecondsPerGigabyte() {
        return value("brokerCpuSeconds") / (value("bytes") / 1e9);
    }

    /** What all consumers received, of a load that publishes too. */
    double deliveredMebibytesPerSecond() {
        return value("delivered.mebibytesPerSecond");
    }
}
