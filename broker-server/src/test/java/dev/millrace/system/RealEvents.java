package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/**
 * Real events with an oracle: the history of a large repository where it lies beside the project, else that of this
 * checkout. Folding the events by path must give the state.
 */
record RealEvents(String source, List<String> lines, Map<String, String> stateAtEnd) {
    private static final int EVENT_COUNT_MIN = 50_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    static RealEvents load() throws IOException, InterruptedException {
        Path shared = Distribution.projectRoot().resolve("../shared/data").normalize();
        if (Files.exists(shared.resolve("kafka-history.jsonl.gz"))) {
            return fromFiles(shared);
        }
        return fromGit(Distribution.projectRoot());
    }

    private static RealEvents fromFiles(Path directory) throws IOException {
        List<String> lines = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(directory.resolve("kafka-history.jsonl.gz"))),
                StandardCharsets.UTF_8))) {
            in.lines().forEach(lines::add);
        }
        Map<String, String> state = new TreeMap<>();
        for (String row : Files.readAllLines(directory.resolve("state-at-end.tsv"))) {
            int tab = row.indexOf('\t');
            state.put(row.substring(0, tab), row.substring(tab + 1));
        }
        return new RealEvents(directory.toString(), lines, state);
    }

    private static RealEvents fromGit(Path checkout) throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        String commit = "";
        long time = 0;
        int number = 0;
        for (String row : git(
                checkout,
                "log",
                "--reverse",
                "--first-parent",
                "--raw",
                "--no-renames",
                "--no-abbrev",
                "--diff-merges=first-parent",
                "--format=%x01%H%x02%ct")) {
            if (row.startsWith("\u0001")) {
                commit = row.substring(1, 17);
                time = Long.parseLong(row.substring(row.indexOf('\u0002') + 1));
                number = 0;
            } else if (row.startsWith(":")) {
                lines.add(event(row, commit, time, number++));
            }
        }
        Map<String, String> state = new TreeMap<>();
        for (String row : git(checkout, "ls-tree", "-r", "HEAD")) {
            int tab = row.indexOf('\t');
            state.put(row.substring(tab + 1), row.split("\\s")[2].substring(0, 16));
        }
        return new RealEvents("git history of " + checkout, repeated(lines), state);
    }

    /**
     * A young history goes round until there is enough to kill and rebalance in the middle of; each round leads to the same
     * state, because it ends with the last event of every path.
     */
    private static List<String> repeated(List<String> history) {
        List<String> lines = new ArrayList<>();
        for (int round = 0; lines.size() < EVENT_COUNT_MIN; round++) {
            for (String line : history) {
                lines.add(line.replaceFirst("\"id\":\"", "\"id\":\"" + round + "-"));
            }
        }
        return lines;
    }

    private static String event(String row, String commit, long time, int number) throws IOException {
        String[] fields = row.substring(0, row.indexOf('\t')).split(" ");
        String type = switch (fields[4].charAt(0)) {
            case 'A' -> "FileAdded";
            case 'D' -> "FileDeleted";
            default -> "FileModified";
        };
        ObjectNode event = JSON.createObjectNode();
        event.put("id", commit + "-" + number).put("type", type).put("path", row.substring(row.indexOf('\t') + 1));
        event.put("time", time).put("commit", commit);
        if (!type.equals("FileDeleted")) {
            event.put("blob", fields[3].substring(0, 16)).put("mode", fields[1]);
        }
        return JSON.writeValueAsString(event);
    }

    private static List<String> git(Path checkout, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("git", "-C", checkout.toString(), "-c", "core.quotePath=false"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("git " + List.of(arguments)).isZero();
        return out.lines().toList();
    }

    static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new AssertionError("not JSON: " + json, e);
        }
    }

    /** The state that these events lead to, applied in the given order. */
    static Map<String, String> fold(Iterable<String> events) {
        Map<String, String> state = new TreeMap<>();
        for (String line : events) {
            JsonNode event = parse(line);
            String path = event.get("path").asText();
            if (event.get("type").asText().equals("FileDeleted")) {
                state.remove(path);
            } else {
                state.put(path, event.get("blob").asText());
            }
        }
        return state;
    }
}
