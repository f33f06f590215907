package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.GroupConsumer;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.TopicPartition;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A member of a group in a process of its own, so that it can be stopped as a whole. It reads and commits; told to
 * {@code hold}, it reads once more, keeps that to itself, and commits it only when told to.
 */
final class MemberProcess implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(50);
    private static final long ANSWER_SECONDS_MAX = 30;

    private final Process process;
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final PrintStream commands;

    /** What the process is told at its start. */
    record Job(String server, String group, String topic, String name) {}

    MemberProcess(Job job) throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MemberProcess.class.getName(),
                        job.server,
                        job.group,
                        job.topic,
                        job.name)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        Thread reader = new Thread(this::readAnswers, "answers-of-" + job.name);
        reader.setDaemon(true);
        reader.start();
    }

    private void readAnswers() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                told.add(line);
            }
        } catch (IOException ended) {
            told.add("ended " + ended.getMessage());
        }
    }

    void tell(String command) {
        commands.println(command);
    }

    /** The next answer, which must begin with {@code word}; returns the rest of it. */
    String hear(String word) throws InterruptedException {
        String answer = told.poll(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
        assertThat(answer).as("the member's answer").isNotNull().startsWith(word);
        return answer.substring(word.length()).strip();
    }

    /** Sends a signal by its name. */
    void signal(String name) throws IOException, InterruptedException {
        signal(process, name);
    }

    static void signal(Process process, String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .inheritIO()
                .start();
        assertThat(kill.waitFor()).as("exit of kill -%s", name).isZero();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    // ---- inside the process

    public static void main(String[] args) throws IOException {
        try (MillraceClient client = MillraceClient.builder()
                        .server(args[0])
                        .clientId(args[3])
                        .build();
                GroupConsumer consumer =
                        client.group(args[1]).topics(args[2]).autoCommit(false).open();
                BufferedReader commands =
                        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            work(consumer, commands);
        }
    }

    private static void work(GroupConsumer consumer, BufferedReader commands) throws IOException {
        while (true) {
            if (!commands.ready()) {
                commitWhatCameOf(consumer);
                continue;
            }
            String command = commands.readLine();
            if (command == null) {
                return;
            }
            if (command.equals("hold")) {
                hold(consumer, commands);
            }
        }
    }

    private static void commitWhatCameOf(GroupConsumer consumer) {
        Map<TopicPartition, Long> next = poll(consumer);
        if (next.isEmpty()) {
            return;
        }
        try {
            consumer.commit(next);
        } catch (MillraceException refused) {
            // A rebalance took the partition between poll and commit: its next owner reads the same again.
            System.err.println("member: " + refused.getMessage());
        }
    }

    private static Map<TopicPartition, Long> poll(GroupConsumer consumer) {
        Map<TopicPartition, Long> next = new HashMap<>();
        for (ReceivedMessage message : consumer.poll(POLL)) {
            next.put(new TopicPartition(message.topic(), message.partition()), message.offset() + 1);
        }
        return next;
    }

    private static void hold(GroupConsumer consumer, BufferedReader commands) throws IOException {
        Map<TopicPartition, Long> held = Map.of();
        while (held.isEmpty()) {
            held = poll(consumer);
        }
        Map.Entry<TopicPartition, Long> one = held.entrySet().iterator().next();
        say("holding " + consumer.memberId() + " " + one.getKey().partition() + " " + one.getValue());
        if (!"commit".equals(commands.readLine())) {
            throw new IOException("told something else where a commit should follow");
        }
        try {
            consumer.commit(Map.of(one.getKey(), one.getValue()));
            say("committed");
        } catch (MillraceException refused) {
            say("refused " + refused.fault());
        }
    }

    private static void say(String answer) {
        System.out.println(answer);
        System.out.flush();
    }
}
