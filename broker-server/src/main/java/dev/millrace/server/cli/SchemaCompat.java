package dev.millrace.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.millrace.client.schema.SchemaRegistryClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace schema compat}: how new versions must go together with older ones. */
@Command(
        name = "compat",
        abbreviateSynopsis = true,
        description = {
            "Show or set what new versions must keep.",
            "backward: readers with the new version read what is there; forward: readers with the last version read what"
                    + " comes; full: both; with _transitive against all versions; none."
        },
        footer = {
            "",
            "Examples:",
            "  millrace schema compat orders-value",
            "  millrace schema compat orders-value --set full_transitive",
            "  millrace schema compat --set backward"
        })
final class SchemaCompat implements Callable<Integer> {
    private final Session session;

    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    @Parameters(arity = "0..1", paramLabel = "SUBJECT", description = "Default: all subjects that say nothing else.")
    private String subject;

    @Option(names = "--set", paramLabel = "LEVEL", description = "What is to hold from now on.")
    private String level;

    @Option(
            names = "--policy",
            paramLabel = "POLICY",
            description = "strict or lenient; lenient takes a new property of an open JSON object for compatible.")
    private String policy;

    @Option(names = "--unset", description = "Go back to what holds for all.")
    private boolean unset;

    @Mixin
    private SchemaOptions registry;

    SchemaCompat(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        boolean sets = level != null || policy != null;
        if (sets && unset) {
            throw new ParameterException(spec.commandLine(), "--unset excludes --set and --policy.");
        }
        SchemaRegistryClient client = registry.connect(session, global);
        String path = "/config" + (subject == null ? "" : "/" + SchemaRegistryClient.encoded(subject));
        if (sets) {
            client.put(
                    path,
                    JsonNodeFactory.instance
                            .objectNode()
                            .put("compatibility", level)
                            .put("compatibilityPolicy", policy));
        } else if (unset) {
            client.delete(path);
        }
        JsonNode now = client.get(path + "?defaultToGlobal=true");
        String compatibility = now.path("compatibilityLevel").asText();
        String lenient = now.path("compatibilityPolicy").asText("STRICT");
        session.out()
                .print(
                        global.json()
                                ? new JsonWriter()
                                        .begin('{')
                                        .field("subject", subject)
                                        .field("compatibility", compatibility)
                                        .field("policy", lenient)
                                        .end('}')
                                        .newLine()
                                        .toString()
                                : compatibility + (lenient.equals("STRICT") ? "" : ", " + lenient) + "\n");
        return CommandRunner.OK;
    }
}
