package dev.millrace.server.cli;

import dev.millrace.server.bench.BenchPlan;
import dev.millrace.server.bench.BenchPlan.Subject;
import dev.millrace.server.bench.Suite;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code millrace bench}: puts load on a broker and measures it.
 *
 * <p>As in {@link BenchOptions}, no member names a class of the bench; methods do inside.
 */
@Command(
        name = "bench",
        synopsisSubcommandLabel = "COMMAND",
        abbreviateSynopsis = true,
        description = "Measure a broker: throughput, latency and CPU time.",
        footer = {
            "",
            "Millrace is measured by its Java client, a target kafka://HOST:PORT by Kafka's, with acks=all.",
            "Records are published until the warm-up is over, then the run waits for all receipts, and measures.",
            "The measurement ends with the last receipt or, where somebody reads, the last delivery.",
            "Exits with 1 where records failed.",
            "",
            "Example: millrace bench pub --size 1KiB --partitions 8"
        })
final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    private BenchCommand() {}

    static CommandLine create(Session session) {
        return new CommandLine(new BenchCommand())
                .addSubcommand(new Pub(session))
                .addSubcommand(new Sub(session))
                .addSubcommand(new EndToEnd(session))
                .addSubcommand(new Mixed(session))
                .addSubcommand(new Many(session))
                .addSubcommand(new Suites(session));
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
        private BenchOptions.Load load;

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
                    plans.server(load.target, global.server(session)),
                    plans.topics(load.topics, 1, 0),
                    plans.publish(load.publish, 0),
                    null,
                    plans.window(load.window, load.warmup.warmup, Subject.RECEIPTS),
                    BenchPlans.seed(load.report));
            return new BenchSession(session, load.report, global.json()).run(plan);
        }
    }

    @Command(
            name = "sub",
            abbreviateSynopsis = true,
            description = {
                "Read what topics hold, as fast as it goes. Ends with the last record that was there when it began.",
                "What is there is read for the warm-up first, as often as it takes, by consumers that are not measured.",
                "The clock starts with the first record: joining a group is not measured."
            },
            footer = {
                "",
                "Examples:",
                "  millrace bench pub --keep --records 1000000 --partitions 8",
                "  millrace bench sub --groups 2 --consumers 4"
            })
    static final class Sub implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Mixin
        private BenchOptions.Target target;

        @Mixin
        private BenchOptions.Topics topics;

        @Mixin
        private BenchOptions.Read read;

        @Mixin
        private BenchOptions.Window window;

        @Mixin
        private BenchOptions.Warmup warmup;

        @Mixin
        private BenchOptions.Report report;

        @Option(
                names = "--from",
                paramLabel = "POSITION",
                description = {
                    "earliest, or latest: what is published from now on, until --records or --duration end it.",
                    "Default: earliest."
                })
        private String from = "earliest";

        @Spec
        private CommandSpec spec;

        Sub(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() throws InterruptedException {
            BenchPlans plans = new BenchPlans(spec);
            boolean latest = plans.latest(from, window);
            BenchPlan plan = new BenchPlan(
                    "sub",
                    plans.server(target, global.server(session)),
                    plans.topics(topics, 1, 0),
                    null,
                    plans.read(read, latest),
                    plans.readWindow(window, warmup.warmup),
                    BenchPlans.seed(report));
            return new BenchSession(session, report, global.json()).run(plan);
        }
    }

    @Command(
            name = "e2e",
            abbreviateSynopsis = true,
            description = {
                "Publish at a rate and read, and measure the time from publish to delivery.",
                "Without --rate: 1000 records per second."
            },
            footer = {
                "",
                "Examples:",
                "  millrace bench e2e --rate 1000 --size 200B",
                "  millrace bench e2e --rate 20000 --groups 3 --hgrm e2e.hgrm"
            })
    static final class EndToEnd implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Mixin
        private BenchOptions.Load load;

        @Mixin
        private BenchOptions.Read read;

        @Spec
        private CommandSpec spec;

        EndToEnd(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() throws InterruptedException {
            BenchPlans plans = new BenchPlans(spec);
            BenchPlan plan = new BenchPlan(
                    "e2e",
                    plans.server(load.target, global.server(session)),
                    plans.topics(load.topics, 1, 0),
                    plans.stamped(load.publish, 1000),
                    plans.read(read, true),
                    plans.window(load.window, load.warmup.warmup, Subject.DELIVERIES),
                    BenchPlans.seed(load.report));
            return new BenchSession(session, load.report, global.json()).run(plan);
        }
    }

    @Command(
            name = "mixed",
            abbreviateSynopsis = true,
            description = "Publish as fast as it goes, or at a rate, while groups read, and measure both.",
            footer = {
                "",
                "Examples:",
                "  millrace bench mixed --groups 3 --partitions 8",
                "  millrace bench mixed --publishers 100 --csv mixed.csv"
            })
    static final class Mixed implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Mixin
        private BenchOptions.Load load;

        @Mixin
        private BenchOptions.Read read;

        @Spec
        private CommandSpec spec;

        Mixed(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() throws InterruptedException {
            BenchPlans plans = new BenchPlans(spec);
            BenchPlan plan = new BenchPlan(
                    "mixed",
                    plans.server(load.target, global.server(session)),
                    plans.topics(load.topics, 1, 0),
                    plans.stamped(load.publish, 0),
                    plans.read(read, true),
                    plans.window(load.window, load.warmup.warmup, Subject.RECEIPTS),
                    BenchPlans.seed(load.report));
            return new BenchSession(session, load.report, global.json()).run(plan);
        }
    }

    @Command(
            name = "many",
            abbreviateSynopsis = true,
            description = "Publish to many topics in turn. Without --topics and --partitions: 100 topics of 100.",
            footer = {
                "",
                "Examples:",
                "  millrace bench many --topics 1000 --partitions 10",
                "  millrace bench many --rate 5000 --key-dist zipf"
            })
    static final class Many implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Mixin
        private BenchOptions.Load load;

        @Spec
        private CommandSpec spec;

        Many(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() throws InterruptedException {
            BenchPlans plans = new BenchPlans(spec);
            BenchPlan plan = new BenchPlan(
                    "many",
                    plans.server(load.target, global.server(session)),
                    plans.topics(load.topics, 100, 100),
                    plans.publish(load.publish, 0),
                    null,
                    plans.window(load.window, load.warmup.warmup, Subject.RECEIPTS),
                    BenchPlans.seed(load.report));
            return new BenchSession(session, load.report, global.json()).run(plan);
        }
    }

    @Command(
            name = "suite",
            abbreviateSynopsis = true,
            description = {
                "Run a fixed list of cases one after the other, for comparisons: publishing with and without waiting,",
                "end-to-end latency, catching up, ten groups, 10,000 partitions. Topics are created and deleted."
            },
            footer = {
                "",
                "Examples:",
                "  millrace bench suite --duration 30s --json",
                "  millrace bench suite --target kafka://127.0.0.1:9092"
            })
    static final class Suites implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Mixin
        private BenchOptions.Target target;

        @Mixin
        private BenchOptions.Warmup warmup;

        @Option(
                names = "--topic",
                paramLabel = "NAME",
                description = "First part of the topics' names. Default: bench.")
        private String topic = "bench";

        @Option(names = "--duration", paramLabel = "DURATION", description = "Of each case. Default: 10s.")
        private String duration;

        @Option(names = "--json", description = "Print the reports as an array of JSON; short for -o json.")
        private boolean json;

        @Option(names = "--seed", paramLabel = "N", description = "Of payloads. Default: drawn, and reported.")
        private Long seed;

        @Spec
        private CommandSpec spec;

        Suites(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() throws InterruptedException {
            BenchPlans plans = new BenchPlans(spec);
            Suite suite = new Suite(
                    plans.server(target, global.server(session)),
                    topic,
                    plans.warmupMs(warmup.warmup),
                    plans.suiteDurationMs(duration),
                    BenchPlans.seed(seed));
            BenchOptions.Report report = new BenchOptions.Report();
            report.json = json;
            return new BenchSession(session, report, global.json()).runAll(suite.cases());
        }
    }
}
