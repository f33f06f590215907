package dev.millrace.server.cli;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.core.record.Compression;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace pub}: publishes one message, or the lines of a file. */
@Command(
        name = "pub",
        abbreviateSynopsis = true,
        description = "Publish a message, or each line of a file.",
        footer = {
            "",
            "Times are RFC 3339, unix seconds or milliseconds (told apart by size), or -1h.",
            "With -o json each acknowledged record is one line: {\"line\":17,\"partition\":3,\"offset\":4711}",
            "",
            "Examples:",
            "  millrace pub orders '{\"total\":12}' --key customer-7 --header source=shop",
            "  millrace pub events --file events.jsonl.gz --key-pointer /path --time-pointer /time",
            "  millrace pub reminders 'pay o-17' --delay 10m --timer-key o-17",
            "  journalctl -f -o json | millrace pub journal --file - --key-pointer /_HOSTNAME"
        })
final class PubCommand implements Callable<Integer> {
    private static final Duration STOP_GRACE = Duration.ofSeconds(10);
    private static final int BATCH_BYTES = 256 * 1024;

    private final Session session;

    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic.")
    private String topic;

    @Parameters(index = "1", arity = "0..1", paramLabel = "VALUE", description = "The message, as UTF-8.")
    private String value;

    @Option(
            names = "--file",
            paramLabel = "PATH",
            description = "One record per line; unpacked where the name ends in .gz; - for standard input.")
    private String file;

    @Option(
            names = {"-k", "--key"},
            paramLabel = "KEY",
            description = "Messages of one key go to one partition, in order.")
    private String key;

    @Option(names = "--key-pointer", paramLabel = "POINTER", description = "Where the key stands in a JSON record.")
    private String keyPointer;

    @Option(
            names = {"-H", "--header"},
            paramLabel = "NAME=VALUE",
            description = "A header; can be repeated.")
    private List<String> headers = new ArrayList<>();

    @Option(names = "--time", paramLabel = "TIME", description = "The messages' time. Default: now.")
    private String time;

    @Option(names = "--time-pointer", paramLabel = "POINTER", description = "Where the time stands in a JSON record.")
    private String timePointer;

    @Option(names = "--partition", paramLabel = "P", description = "Default: by the key.")
    private Integer partition;

    @Option(
            names = "--compression",
            paramLabel = "CODEC",
            description = "none, gzip, snappy, lz4 or zstd. Default: none.")
    private String compression;

    @Mixin(name = "later")
    private LaterOptions later;

    @Option(names = "--skip-bad", description = "Leave out lines that a pointer does not fit instead of stopping.")
    private boolean skipBad;

    PubCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws InterruptedException {
        if ((value == null) == (file == null)) {
            throw wrong(
                    value == null
                            ? "nothing to publish. Give a VALUE or --file."
                            : "VALUE and --file exclude each" + " other. Give one.");
        }
        LineMessages messages = messages();
        Compression codec = compression();
        return value == null ? publishFile(messages, codec) : publishValue(messages, codec);
    }

    private int publishValue(LineMessages messages, Compression codec) {
        Message message;
        try {
            message = messages.message(value.getBytes(StandardCharsets.UTF_8));
        } catch (JsonFields.BadRecord bad) {
            throw new CommandFailure("the value " + bad.getMessage() + ". Nothing was published.", bad);
        }
        try (MillraceClient client = session.connect().apply(global.server(session));
                Producer producer = client.producer().compression(codec).build()) {
            Receipt receipt = producer.publish(message);
            if (global.json()) {
                JsonWriter json = new JsonWriter().begin('{').field("line", 1);
                json.field("partition", receipt.partition()).field("offset", receipt.offset());
                session.out().println(json.end('}'));
            } else {
                String place = receipt.topic() + ", partition " + receipt.partition();
                session.out()
                        .println(
                                receipt.offset() < 0
                                        ? "scheduled for " + place
                                        : "published to " + place + ", offset " + receipt.offset());
            }
        }
        return CommandRunner.OK;
    }

    private int publishFile(LineMessages messages, Compression codec) throws InterruptedException {
        session.stop().arm(STOP_GRACE);
        try (LineReader reader = LineReader.open(file, session)) {
            MillraceClient client = session.connect().apply(global.server(session));
            boolean settled = false;
            try (Receipts receipts = new Receipts(global.json() ? session.out() : null)) {
                Producer producer = client.producer()
                        .compression(codec)
                        .batchSize(BATCH_BYTES)
                        .build();
                Publishing publishing = new Publishing(session, producer, messages, receipts, skipBad);
                settled = run(publishing, reader);
                publishing.requireComplete();
                report(publishing, receipts);
            } finally {
                close(client, settled);
            }
        }
        return CommandRunner.OK;
    }

    private boolean run(Publishing publishing, LineReader reader) throws InterruptedException {
        boolean sameScreen = global.json() && session.terminal().out();
        if (!session.terminal().err() || sameScreen) return publishing.run(reader);
        try (ProgressPainter painter = ProgressPainter.start(session, () -> publishing.moment(reader.totalBytes()))) {
            return publishing.run(reader);
        }
    }

    /** Closing waits for what is in flight, which nobody wants who has stopped the command. */
    private static void close(MillraceClient client, boolean settled) {
        if (settled) {
            client.close();
            return;
        }
        Thread closer = new Thread(client::close, "millrace-close");
        closer.setDaemon(true);
        closer.start();
    }

    private void report(Publishing publishing, Receipts receipts) {
        if (publishing.skipped() > 0) {
            session.err().println("warning: lines skipped: " + Amounts.count(publishing.skipped()) + ".");
        }
        if (global.json()) return;
        ProgressBar.Moment end = publishing.moment(0);
        session.out()
                .printf(
                        "published %s records, %s in %s: %s records/s, %s/s%n",
                        Amounts.count(receipts.acknowledged()),
                        Amounts.bytes(receipts.acknowledgedBytes()),
                        Amounts.duration(end.elapsedMs()),
                        Amounts.count(Math.round(end.linesPerSecond())),
                        Amounts.bytes(end.bytesPerSecond()));
    }

    private LineMessages messages() {
        if (key != null && keyPointer != null) throw wrong("--key and --key-pointer exclude each other. Give one.");
        if (time != null && timePointer != null) throw wrong("--time and --time-pointer exclude each other. Give one.");
        if (partition != null && partition < 0) throw wrong("--partition " + partition + " is less than 0.");
        Message template = Message.to(topic).key(key);
        for (String header : headers) {
            NameValue pair = NameValue.parse(header, "--header", spec);
            template = template.header(pair.name(), pair.value());
        }
        if (partition != null) template = template.partition(partition);
        try {
            template = later.applyTo(template);
            if (time != null) template = template.timestampMs(Times.parseMs(time, System.currentTimeMillis()));
            return new LineMessages(template, keyPointer, timePointer);
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage() + ".");
        }
    }

    private Compression compression() {
        try {
            return compression == null ? Compression.NONE : Compression.ofName(compression);
        } catch (IllegalArgumentException e) {
            throw wrong("--compression: " + e.getMessage() + ".");
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
