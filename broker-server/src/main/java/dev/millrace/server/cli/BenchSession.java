package dev.millrace.server.cli;

import dev.millrace.server.bench.BenchPlan;
import dev.millrace.server.bench.BenchReport;
import dev.millrace.server.bench.BenchRun;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Runs the plans of one {@code millrace bench} command, with progress where a person watches, and shows the results. */
final class BenchSession {
    private static final Duration STOP_GRACE = Duration.ofSeconds(30);
    private static final double MS_PER_SECOND = 1000;

    private final Session session;
    private final BenchOptions.Report options;
    private final boolean json;

    BenchSession(Session session, BenchOptions.Report options, boolean json) {
        this.session = session;
        this.options = options;
        this.json = json || options.json;
        session.stop().arm(STOP_GRACE);
    }

    /** Returns the exit code: records that failed are a failure of the run. */
    int run(BenchPlan plan) throws InterruptedException {
        BenchReport report = measure(plan, "");
        if (json) {
            JsonWriter text = new JsonWriter();
            BenchOutput.writeJson(text, report);
            session.out().println(text);
        } else {
            session.out().print(BenchOutput.text(report));
        }
        writeFiles(report);
        return exitCode(List.of(report));
    }

    /** As {@link #run}, one after the other. */
    int runAll(List<BenchPlan> plans) throws InterruptedException {
        List<BenchReport> reports = new ArrayList<>();
        for (BenchPlan plan : plans) {
            if (session.stop().requested()) break;
            reports.add(measure(plan, (reports.size() + 1) + "/" + plans.size() + " " + plan.name() + ": "));
        }
        if (json) {
            JsonWriter text = new JsonWriter().begin('[');
            reports.forEach(report -> BenchOutput.writeJson(text, report));
            session.out().println(text.end(']'));
        } else if (!reports.isEmpty()) {
            session.out().print(BenchOutput.table(reports, session.terminal().columns()));
        }
        boolean complete = reports.size() == plans.size();
        return complete ? exitCode(reports) : CommandRunner.FAILED;
    }

    private BenchReport measure(BenchPlan plan, String title) throws InterruptedException {
        BenchRun run = new BenchRun(plan, session.stop()::requested, this::warn);
        BenchReport report = measure(run, title);
        String name = title.isEmpty() ? "" : plan.name() + ": ";
        if (report.unsent() > 0) {
            warn(name + Amounts.count(report.unsent())
                    + " records were due but could not be published in time; the rate is more than client and broker"
                    + " take, and the latencies are those of the others.");
        }
        if (report.errors() > 0) {
            warn(name + Amounts.count(report.errors()) + " records failed, the first with: " + report.firstError());
        }
        return report;
    }

    private BenchReport measure(BenchRun run, String title) throws InterruptedException {
        if (!session.terminal().err()) return run.run();
        try (ProgressPainter painter = ProgressPainter.startLine(session, () -> title + progress(run.moment()))) {
            return run.run();
        }
    }

    private static String progress(BenchRun.Moment moment) {
        String time = Amounts.duration((long) (moment.seconds() * MS_PER_SECOND) / 1000 * 1000);
        return String.format(
                Locale.ROOT,
                "%s  %s records  %,.0f/s  %s",
                moment.stage(),
                Amounts.count(moment.records()),
                moment.recordsPerSecond(),
                time);
    }

    private void warn(String text) {
        session.err().println("warning: " + text);
    }

    private static int exitCode(List<BenchReport> reports) {
        return reports.stream().allMatch(report -> report.errors() == 0) ? CommandRunner.OK : CommandRunner.FAILED;
    }

    private void writeFiles(BenchReport report) {
        if (options.csv != null) write(options.csv, "--csv", out -> out.print(BenchOutput.csv(report)));
        if (options.hgrm == null) return;
        if (report.latency() == null) {
            throw new CommandFailure("this run measured no latency, so there is nothing to write for --hgrm.");
        }
        write(options.hgrm, "--hgrm", report::writeHistogram);
    }

    private static void write(Path file, String option, Consumer<PrintStream> content) {
        try (PrintStream out = new PrintStream(Files.newOutputStream(file), false, StandardCharsets.UTF_8)) {
            content.accept(out);
            if (out.checkError()) throw new IOException("the disk may be full");
        } catch (IOException e) {
            throw new CommandFailure(
                    option + " " + file + " cannot be written (" + e + "). Name a file in a directory that is there.",
                    e);
        }
    }
}
