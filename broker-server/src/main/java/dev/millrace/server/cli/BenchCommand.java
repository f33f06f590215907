package dev.millrace.server.cli;

import dev.millrace.server.bench.BenchPlan;
import dev.millrace.server.bench.BenchPlan.Subject;
import dev.millrace.server.bench.BenchReport;
import dev.millrace.server.bench.BenchRun;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code millrace bench}: puts load on a broker and measures it. */
@Command(
        name = "bench",
        synopsisSubcommandLabel = "COMMAND",
        abbreviateSynopsis = true,
        description = "Measure a broker: throughput, latency and CPU time.",
        footer = {"", "Example: millrace bench pub --size 1KiB --partitions 8"})
final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    private BenchCommand() {}

    static CommandLine create(Session session) {
        return new CommandLine(new BenchCommand()).addSubcommand(new Pub(session));
    }

    @Override
    public void run() {
        throw RootCommand.missingCommand(spec);
    }

    @Command(
            name = "pub",
            abbreviateSynopsis = true,
            description = "Publish, and measure the time until records are acknowledged.",
            footer = {
                "",
                "Examples:",
                "  millrace bench pub --size 1KiB --partitions 8 --duration 30s",
                "  millrace bench pub --publishers 1000 --clients 4 --json",
                "  millrace bench pub --target kafka://127.0.0.1:9092 --rate 50000 --linger 5ms"
            })
    static final class Pub implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Mixin
        private BenchOptions.Target target;

        @Mixin
        private BenchOptions.Topics topics;

        @Mixin
        private BenchOptions.Publish publish;

        @Mixin
        private BenchOptions.Window window;

        @Mixin
        private BenchOptions.Warmup warmup;

        @Mixin
        private BenchOptions.Report report;

        @Spec
        private CommandSpec spec;

        Pub(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() throws InterruptedException {
            BenchPlans plans = new BenchPlans(spec);
            BenchPlan plan = new BenchPlan(
                    "pub",
                    plans.server(target, global.server(session)),
                    plans.topics(topics, 1, 0),
                    plans.publish(publish, 0),
                    null,
                    plans.window(window, warmup.warmup, Subject.RECEIPTS),
                    BenchPlans.seed(report));
            BenchReport result = new BenchRun(plan, session.stop()::requested).run();
            JsonWriter json = new JsonWriter();
            BenchOutput.writeJson(json, result);
            session.out().println(json);
            return CommandRunner.OK;
        }
    }
}
