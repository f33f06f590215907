package dev.millrace.server.cli;

import dev.millrace.client.schema.RegistrySchema;
import dev.millrace.client.schema.SchemaRegistryClient;
import dev.millrace.client.schema.SchemaRegistryException.Incompatibility;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace schema diff}: what is different between two schemas, and what would break. */
@Command(
        name = "diff",
        abbreviateSynopsis = true,
        description = {
            "Show what is different between a version and a later one or a file, and what would break.",
            "Exit code 1 where something breaks under --level."
        },
        footer = {
            "",
            "Examples:",
            "  millrace schema diff orders-value 1 2",
            "  millrace schema diff orders-value latest order.avsc --level backward"
        })
final class SchemaDiffCommand implements Callable<Integer> {
    private final Session session;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    @Parameters(index = "0", paramLabel = "SUBJECT", description = "Such as orders-value.")
    private String subject;

    @Parameters(index = "1", paramLabel = "OLD", description = "A version, or latest.")
    private String older;

    @Parameters(index = "2", paramLabel = "NEW", description = "A version, latest, or a file.")
    private String newer;

    @Option(
            names = "--level",
            paramLabel = "LEVEL",
            defaultValue = "full",
            description = "backward, forward or full. Default: full, which says what breaks for either side.")
    private String level;

    @Mixin
    private SchemaOptions.FileOptions fileOptions;

    @Mixin
    private SchemaOptions registry;

    SchemaDiffCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        SchemaRegistryClient client = registry.connect(session, global);
        boolean registered = newer.equals("latest") || newer.matches("\\d{1,9}");
        RegistrySchema changed =
                registered ? client.version(subject, newer).schema() : fileOptions.read(Path.of(newer));
        RegistrySchema before = client.version(subject, older).schema();
        List<Incompatibility> found = client.compare(subject, older, changed, level);
        List<String> diff = LineDiff.of(SchemaReport.lines(before), SchemaReport.lines(changed));
        session.out().print(global.json() ? json(diff, found) : text(diff, found));
        return found.isEmpty() ? CommandRunner.OK : CommandRunner.FAILED;
    }

    private String text(List<String> diff, List<Incompatibility> found) {
        StringBuilder text = new StringBuilder();
        diff.forEach(line -> text.append(line).append('\n'));
        if (diff.isEmpty()) text.append("no difference\n");
        if (!found.isEmpty()) text.append('\n').append(SchemaReport.text(found));
        return text.toString();
    }

    private String json(List<String> diff, List<Incompatibility> found) {
        JsonWriter json = new JsonWriter()
                .begin('{')
                .field("subject", subject)
                .name("diff")
                .begin('[');
        diff.forEach(json::value);
        json.end(']');
        SchemaReport.json(json, found);
        return json.end('}').newLine().toString();
    }
}
