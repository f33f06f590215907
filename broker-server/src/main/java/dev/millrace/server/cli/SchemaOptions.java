package dev.millrace.server.cli;

import dev.millrace.client.schema.RegistrySchema;
import dev.millrace.client.schema.SchemaRegistryClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say where the registry is. */
final class SchemaOptions {
    static final String REGISTRY_PORT = "7680";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--registry",
            paramLabel = "URL",
            description = "The schema registry. Default: MILLRACE_REGISTRY, else port " + REGISTRY_PORT
                    + " of the broker's host.")
    private String registry;

    SchemaRegistryClient connect(Session session, GlobalOptions global) {
        return SchemaRegistryClient.of(url(session, global));
    }

    private String url(Session session, GlobalOptions global) {
        if (registry != null) return registry;
        String fromEnv = session.env().getOrDefault("MILLRACE_REGISTRY", "");
        if (!fromEnv.isEmpty()) return fromEnv;
        String server = global.server(session).replaceFirst("^millrace://", "");
        int colon = server.lastIndexOf(':');
        boolean hasPort = colon >= 0 && server.indexOf(']', colon) < 0 && server.indexOf(':') == colon
                || server.startsWith("[") && server.contains("]:");
        return "http://" + (hasPort ? server.substring(0, colon) : server) + ":" + REGISTRY_PORT;
    }

    /** The options of a command that takes a schema from a file. */
    static final class FileOptions {
        private static final Map<String, String> TYPES = Map.of("avsc", "AVRO", "json", "JSON", "proto", "PROTOBUF");

        @Spec(Spec.Target.MIXEE)
        private CommandSpec command;

        @Option(
                names = "--type",
                paramLabel = "TYPE",
                description = "avro, json or protobuf. Default: by the file's name, .avsc, .json or .proto.")
        private String type;

        @Option(
                names = "--reference",
                paramLabel = "NAME=SUBJECT:VERSION",
                description = "A schema that the file refers to by this name. May be repeated.")
        private List<String> references = new ArrayList<>();

        RegistrySchema read(Path file) {
            List<RegistrySchema.Reference> parsed =
                    references.stream().map(this::reference).toList();
            String typeName = typeOf(file);
            try {
                return new RegistrySchema(typeName, Files.readString(file), parsed);
            } catch (IOException e) {
                throw new CommandFailure("the file " + file + " cannot be read (" + e + ").", e);
            }
        }

        private String typeOf(Path file) {
            if (type != null) {
                String upper = type.toUpperCase(Locale.ROOT);
                if (TYPES.containsValue(upper)) return upper;
                throw new ParameterException(
                        command.commandLine(), "--type: \"" + type + "\" is none of avro, json, protobuf.");
            }
            String name = file.getFileName().toString();
            String known = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
            if (known != null) return known;
            throw new ParameterException(
                    command.commandLine(), "the name " + name + " does not tell the format. Give --type.");
        }

        private RegistrySchema.Reference reference(String text) {
            int equals = text.indexOf('=');
            int colon = text.lastIndexOf(':');
            try {
                if (equals > 0 && colon > equals + 1) {
                    return new RegistrySchema.Reference(
                            text.substring(0, equals),
                            text.substring(equals + 1, colon),
                            Integer.parseInt(text.substring(colon + 1)));
                }
            } catch (NumberFormatException notANumber) {
                // Answered below.
            }
            throw new ParameterException(
                    command.commandLine(), "--reference \"" + text + "\" is not of the form NAME=SUBJECT:VERSION.");
        }
    }
}
