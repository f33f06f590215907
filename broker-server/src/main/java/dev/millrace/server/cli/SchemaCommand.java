package dev.millrace.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.client.schema.RegistrySchema;
import dev.millrace.client.schema.SchemaRegistryClient;
import dev.millrace.client.schema.SchemaRegistryException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace schema}: the schemas of topics, and whether they may change. */
@Command(
        name = "schema",
        synopsisSubcommandLabel = "COMMAND",
        abbreviateSynopsis = true,
        description = "Register, show, check and compare schemas.",
        footer = {
            "",
            "The schema of a topic's values belongs to the subject TOPIC-value.",
            "",
            "Example: millrace schema check orders-value order.avsc"
        })
final class SchemaCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    private SchemaCommand() {}

    static CommandLine create(Session session) {
        return new CommandLine(new SchemaCommand())
                .addSubcommand(new Register(session))
                .addSubcommand(new Listing(session))
                .addSubcommand(new Get(session))
                .addSubcommand(new Check(session))
                .addSubcommand(new SchemaCompat(session))
                .addSubcommand(new SchemaDiffCommand(session));
    }

    @Override
    public void run() {
        throw RootCommand.missingCommand(spec);
    }

    @Command(
            name = "register",
            abbreviateSynopsis = true,
            description = {
                "Register a schema as the next version of a subject.",
                "Ends with exit code 1 where it is incompatible, and says where and why."
            },
            footer = {
                "",
                "Examples:",
                "  millrace schema register orders-value order.avsc",
                "  millrace schema register orders-value order.json --reference customer.json=customer:1"
            })
    static final class Register implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(index = "0", paramLabel = "SUBJECT", description = "Such as orders-value.")
        private String subject;

        @Parameters(index = "1", paramLabel = "FILE", description = "The schema.")
        private Path file;

        @Mixin
        private SchemaOptions.FileOptions fileOptions;

        @Mixin
        private SchemaOptions registry;

        Register(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            RegistrySchema schema = fileOptions.read(file);
            SchemaRegistryClient client = registry.connect(session, global);
            try {
                int id = client.register(subject, schema);
                int version = client.versionOf(subject, id);
                session.out()
                        .print(
                                global.json()
                                        ? new JsonWriter()
                                                .begin('{')
                                                .field("subject", subject)
                                                .field("version", version)
                                                .field("id", id)
                                                .end('}')
                                                .newLine()
                                                .toString()
                                        : subject + " version " + version + ", id " + id + "\n");
                return CommandRunner.OK;
            } catch (SchemaRegistryException refused) {
                if (refused.incompatibilities().isEmpty()) throw refused;
                return incompatible(session, global, subject, refused.incompatibilities());
            }
        }
    }

    static int incompatible(
            Session session,
            GlobalOptions global,
            String subject,
            List<SchemaRegistryException.Incompatibility> found) {
        if (global.json()) {
            JsonWriter json = new JsonWriter()
                    .begin('{')
                    .field("subject", subject)
                    .name("compatible")
                    .literal(false);
            SchemaReport.json(json, found);
            session.out().print(json.end('}').newLine());
        } else {
            session.out().print(SchemaReport.text(found));
            session.err()
                    .println("error: the schema is incompatible with " + subject + ": " + found.size()
                            + (found.size() == 1 ? " problem." : " problems."));
        }
        return CommandRunner.FAILED;
    }

    @Command(
            name = "list",
            aliases = "ls",
            abbreviateSynopsis = true,
            description = "List subjects with their versions and compatibility.",
            footer = {"", "Examples:", "  millrace schema list", "  millrace schema list orders -o json"})
    static final class Listing implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(arity = "0..1", paramLabel = "PREFIX", description = "Only subjects that begin so.")
        private String prefix;

        @Mixin
        private SchemaOptions registry;

        Listing(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            SchemaRegistryClient client = registry.connect(session, global);
            String query = prefix == null ? "" : "&subjectPrefix=" + SchemaRegistryClient.encoded(prefix);
            JsonNode latest = client.get("/schemas?latestOnly=true" + query);
            TableWriter table = new TableWriter()
                    .text("SUBJECT")
                    .text("TYPE")
                    .number("VERSION")
                    .number("ID")
                    .text("COMPATIBILITY");
            JsonWriter json = new JsonWriter().begin('[');
            for (JsonNode schema : latest) {
                String subject = schema.path("subject").asText();
                String level = client.get("/config/" + SchemaRegistryClient.encoded(subject) + "?defaultToGlobal=true")
                        .path("compatibilityLevel")
                        .asText();
                String type = schema.path("schemaType").asText("AVRO");
                table.row(
                        subject,
                        type,
                        schema.path("version").asText(),
                        schema.path("id").asText(),
                        level);
                json.begin('{')
                        .field("subject", subject)
                        .field("type", type)
                        .field("version", schema.path("version").asLong())
                        .field("id", schema.path("id").asLong())
                        .field("compatibility", level)
                        .end('}');
            }
            session.out()
                    .print(
                            global.json()
                                    ? json.end(']').newLine().toString()
                                    : table.render(session.terminal().columns()));
            return CommandRunner.OK;
        }
    }

    @Command(
            name = "get",
            abbreviateSynopsis = true,
            description = "Show a schema, by subject and version or by id.",
            footer = {
                "",
                "Examples:",
                "  millrace schema get orders-value",
                "  millrace schema get orders-value 3 -o json",
                "  millrace schema get --id 17"
            })
    static final class Get implements Callable<Integer> {
        private final Session session;

        @Spec
        private CommandSpec spec;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(index = "0", arity = "0..1", paramLabel = "SUBJECT", description = "Such as orders-value.")
        private String subject;

        @Parameters(index = "1", arity = "0..1", paramLabel = "VERSION", description = "Default: the latest.")
        private String version;

        @Option(names = "--id", paramLabel = "ID", description = "The id instead of a subject.")
        private Integer id;

        @Mixin
        private SchemaOptions registry;

        Get(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            if ((id == null) == (subject == null)) {
                throw new ParameterException(spec.commandLine(), "give either SUBJECT or --id.");
            }
            SchemaRegistryClient client = registry.connect(session, global);
            JsonNode found = client.get(
                    id == null
                            ? "/subjects/" + SchemaRegistryClient.encoded(subject) + "/versions/"
                                    + SchemaRegistryClient.encoded(version == null ? "latest" : version)
                            : "/schemas/ids/" + id);
            session.out()
                    .println(
                            global.json()
                                    ? found.toString()
                                    : found.path("schema").asText());
            return CommandRunner.OK;
        }
    }

    @Command(
            name = "check",
            abbreviateSynopsis = true,
            description = {
                "Check whether a schema may become the next version of a subject, without registering it.",
                "Exit code 0: it may; 1: it may not, and where and why is printed. Fit for a build pipeline."
            },
            footer = {
                "",
                "Examples:",
                "  millrace schema check orders-value order.avsc",
                "  millrace schema check orders-value order.proto -o json"
            })
    static final class Check implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(index = "0", paramLabel = "SUBJECT", description = "Such as orders-value.")
        private String subject;

        @Parameters(index = "1", paramLabel = "FILE", description = "The schema.")
        private Path file;

        @Mixin
        private SchemaOptions.FileOptions fileOptions;

        @Mixin
        private SchemaOptions registry;

        Check(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            List<SchemaRegistryException.Incompatibility> found =
                    registry.connect(session, global).check(subject, fileOptions.read(file));
            if (!found.isEmpty()) return incompatible(session, global, subject, found);
            session.out()
                    .print(
                            global.json()
                                    ? new JsonWriter()
                                            .begin('{')
                                            .field("subject", subject)
                                            .name("compatible")
                                            .literal(true)
                                            .end('}')
                                            .newLine()
                                            .toString()
                                    : "compatible with " + subject + "\n");
            return CommandRunner.OK;
        }
    }
}
