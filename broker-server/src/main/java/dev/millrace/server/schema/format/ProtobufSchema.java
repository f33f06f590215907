package dev.millrace.server.schema.format;

import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.squareup.wire.schema.Location;
import com.squareup.wire.schema.internal.parser.ProtoFileElement;
import com.squareup.wire.schema.internal.parser.ProtoParser;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A .proto file: Wire parses the text, Protobuf's own descriptors check and link it. */
final class ProtobufSchema implements ParsedSchema {
    private static final String ROOT = "schema.proto";

    private final FileDescriptor file;
    private final String canonical;

    private ProtobufSchema(FileDescriptor file, String canonical) {
        this.file = file;
        this.canonical = canonical;
    }

    static ProtobufSchema parse(SchemaSource source) {
        Map<String, FileDescriptor> linked = new HashMap<>();
        ProtoFileElement element = element(ROOT, source.text());
        return new ProtobufSchema(link(ROOT, source, element, linked), element.toSchema());
    }

    private static ProtoFileElement element(String name, String text) {
        requireShallow(text);
        try {
            return ProtoParser.Companion.parse(Location.get(name), text);
        } catch (IllegalStateException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new UnusableSchemaException("it is no .proto file: " + e.getMessage(), e);
        }
    }

    /** The parser descends by recursion. */
    private static void requireShallow(String text) {
        int depth = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '{' || c == '[' || c == '(') {
                depth++;
            } else if (c == '}' || c == ']' || c == ')') {
                depth--;
            }
            if (depth > SchemaParser.DEPTH_MAX) {
                throw new UnusableSchemaException("it is nested more than " + SchemaParser.DEPTH_MAX + " deep");
            }
        }
    }

    private static FileDescriptor link(
            String name, SchemaSource source, ProtoFileElement element, Map<String, FileDescriptor> linked) {
        List<FileDescriptor> dependencies = new ArrayList<>();
        List<String> imports = new ArrayList<>(element.getImports());
        imports.addAll(element.getPublicImports());
        for (String imported : imports) {
            dependencies.add(dependency(imported, source, linked));
        }
        try {
            return FileDescriptor.buildFrom(
                    new ProtoFileBuilder(name, element).build(), dependencies.toArray(FileDescriptor[]::new));
        } catch (DescriptorValidationException e) {
            throw new UnusableSchemaException("it is no valid .proto file: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new UnusableSchemaException("it is no valid .proto file: " + e, e);
        }
    }

    private static FileDescriptor dependency(String imported, SchemaSource source, Map<String, FileDescriptor> linked) {
        FileDescriptor known = linked.get(imported);
        if (known != null) {
            return known;
        }
        FileDescriptor descriptor = WellKnownFiles.find(imported);
        if (descriptor == null) {
            SchemaSource.Reference reference = source.references().stream()
                    .filter(candidate -> candidate.name().equals(imported))
                    .findFirst()
                    .orElseThrow(() -> new UnusableSchemaException("it imports \"" + imported
                            + "\", which is neither among its references "
                            + source.references().stream()
                                    .map(SchemaSource.Reference::name)
                                    .toList()
                            + " nor one of google/protobuf/*.proto"));
            descriptor = link(
                    imported,
                    reference.source(),
                    element(imported, reference.source().text()),
                    linked);
        }
        linked.put(imported, descriptor);
        return descriptor;
    }

    @Override
    public SchemaType type() {
        return SchemaType.PROTOBUF;
    }

    @Override
    public String canonical() {
        return canonical;
    }

    /** Of the linked file: neither blanks nor comments nor the order of imports are left. */
    @Override
    public String normalized() {
        return file.toProto().toString();
    }

    @Override
    public String name() {
        return file.getMessageTypes().isEmpty()
                ? ""
                : file.getMessageTypes().get(0).getFullName();
    }

    @Override
    public ValueCheck values() {
        return new ProtobufValues(file);
    }

    @Override
    public List<Mismatch> mismatches(ParsedSchema writer, Strictness strictness) {
        return new ProtobufDiff(file, ((ProtobufSchema) writer).file).compare();
    }
}
