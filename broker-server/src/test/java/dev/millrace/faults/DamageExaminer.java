package dev.millrace.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.faults.DamageVerdict.Outcome;
import dev.millrace.faults.DamageVerdict.Verified;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Examines damaged directories in a process of its own, many in a row: native code that falls over a damaged file must
 * not take the test with it. A process that dies or hangs is a verdict; the next one goes on.
 */
final class DamageExaminer implements AutoCloseable {
    private static final long VERDICT_SECONDS_MAX = 60;

    private final DamageImage image;
    private Process process;
    private BufferedReader answers;

    DamageExaminer(DamageImage image) {
        this.image = image;
    }

    /** {@code work} is a damaged copy of the image. */
    DamageVerdict examine(Path work, Injury injury) throws IOException, InterruptedException {
        if (process == null || !process.isAlive()) {
            start();
        }
        PrintStream requests = new PrintStream(process.getOutputStream(), true, UTF_8);
        requests.println(String.join("\t", work.toString(), injury.toLine()));
        try {
            String answer = CompletableFuture.supplyAsync(this::readLine).get(VERDICT_SECONDS_MAX, TimeUnit.SECONDS);
            if (answer == null) {
                return new DamageVerdict(Outcome.CRASHED, "the process died, exit " + process.waitFor());
            }
            String[] parts = answer.split("\t", 3);
            return new DamageVerdict(Outcome.valueOf(parts[0]), parts[2], Verified.valueOf(parts[1]));
        } catch (TimeoutException e) {
            process.destroyForcibly().waitFor();
            return new DamageVerdict(Outcome.CRASHED, "no verdict after " + VERDICT_SECONDS_MAX + " s");
        } catch (ExecutionException e) {
            throw new IOException(e);
        }
    }

    private void start() throws IOException {
        process = DamageImage.java(
                DamageExaminer.class,
                image.directory().toString(),
                Long.toString(image.oracle().seed()),
                Boolean.toString(image.killed()));
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    }

    private String readLine() {
        try {
            return answers.readLine();
        } catch (IOException e) {
            return null;
        }
    }

    /** Arguments: the image's directory, its seed, whether it was killed. Reads a request a line, answers one. */
    public static void main(String[] args) throws IOException {
        PrintStream out = new PrintStream(System.out, true, UTF_8);
        DamageImage image = DamageImage.load(Path.of(args[0]), Long.parseLong(args[1]), Boolean.parseBoolean(args[2]));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            List<String> fields = List.of(line.split("\t", -1));
            Injury injury = Injury.ofLine(fields.subList(1, fields.size()));
            DamageVerdict verdict = new DamageExam(Path.of(fields.get(0)), image.oracle(), injury).verifyAndRun();
            out.println(verdict.outcome() + "\t" + verdict.verified() + "\t" + verdict.detail());
        }
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
