package dev.millrace.server.schema.format;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FieldOptions;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.squareup.wire.Syntax;
import com.squareup.wire.schema.Field;
import com.squareup.wire.schema.internal.parser.EnumElement;
import com.squareup.wire.schema.internal.parser.ExtendElement;
import com.squareup.wire.schema.internal.parser.ExtensionsElement;
import com.squareup.wire.schema.internal.parser.FieldElement;
import com.squareup.wire.schema.internal.parser.GroupElement;
import com.squareup.wire.schema.internal.parser.MessageElement;
import com.squareup.wire.schema.internal.parser.OneOfElement;
import com.squareup.wire.schema.internal.parser.OptionElement;
import com.squareup.wire.schema.internal.parser.ProtoFileElement;
import com.squareup.wire.schema.internal.parser.ReservedElement;
import com.squareup.wire.schema.internal.parser.RpcElement;
import com.squareup.wire.schema.internal.parser.ServiceElement;
import com.squareup.wire.schema.internal.parser.TypeElement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import kotlin.ranges.IntRange;

/** Turns a parsed .proto file into the form that Protobuf's descriptors are built from. Options of users are left out. */
final class ProtoFileBuilder {
    /** One past the last field number. */
    private static final int FIELD_NUMBER_END = 536_870_912;

    private static final Map<String, Type> SCALARS = Map.ofEntries(
            Map.entry("double", Type.TYPE_DOUBLE),
            Map.entry("float", Type.TYPE_FLOAT),
            Map.entry("int32", Type.TYPE_INT32),
            Map.entry("int64", Type.TYPE_INT64),
            Map.entry("uint32", Type.TYPE_UINT32),
            Map.entry("uint64", Type.TYPE_UINT64),
            Map.entry("sint32", Type.TYPE_SINT32),
            Map.entry("sint64", Type.TYPE_SINT64),
            Map.entry("fixed32", Type.TYPE_FIXED32),
            Map.entry("fixed64", Type.TYPE_FIXED64),
            Map.entry("sfixed32", Type.TYPE_SFIXED32),
            Map.entry("sfixed64", Type.TYPE_SFIXED64),
            Map.entry("bool", Type.TYPE_BOOL),
            Map.entry("string", Type.TYPE_STRING),
            Map.entry("bytes", Type.TYPE_BYTES));

    private final String name;
    private final ProtoFileElement file;
    private final boolean proto3;

    ProtoFileBuilder(String name, ProtoFileElement file) {
        this.name = name;
        this.file = file;
        this.proto3 = file.getSyntax() == Syntax.PROTO_3;
    }

    FileDescriptorProto build() {
        FileDescriptorProto.Builder proto =
                FileDescriptorProto.newBuilder().setName(name).setSyntax(proto3 ? "proto3" : "proto2");
        if (file.getPackageName() != null) {
            proto.setPackage(file.getPackageName());
        }
        proto.addAllDependency(file.getImports());
        for (String imported : file.getPublicImports()) {
            proto.addPublicDependency(proto.getDependencyCount());
            proto.addDependency(imported);
        }
        for (TypeElement type : file.getTypes()) {
            if (type instanceof MessageElement message) {
                proto.addMessageType(message(message));
            } else if (type instanceof EnumElement enumeration) {
                proto.addEnumType(enumeration(enumeration));
            }
        }
        for (ExtendElement extend : file.getExtendDeclarations()) {
            for (FieldElement field : extend.getFields()) {
                proto.addExtension(field(field).setExtendee(extend.getName()));
            }
        }
        file.getServices().forEach(service -> proto.addService(service(service)));
        return proto.build();
    }

    private DescriptorProto message(MessageElement element) {
        DescriptorProto.Builder message = DescriptorProto.newBuilder().setName(element.getName());
        List<FieldDescriptorProto.Builder> optional = new ArrayList<>();
        for (FieldElement field : element.getFields()) {
            FieldDescriptorProto.Builder built = addField(message, field);
            if (proto3 && field.getLabel() == Field.Label.OPTIONAL) {
                optional.add(built);
            }
        }
        element.getGroups().forEach(group -> addGroup(message, group));
        for (OneOfElement oneOf : element.getOneOfs()) {
            int index = message.getOneofDeclCount();
            message.addOneofDecl(OneofDescriptorProto.newBuilder().setName(oneOf.getName()));
            for (FieldElement field : oneOf.getFields()) {
                addField(message, field).setOneofIndex(index);
            }
            oneOf.getGroups().forEach(group -> addGroup(message, group).setOneofIndex(index));
        }
        // What is said to be optional in proto3 lies in a oneof of its own, after the real ones.
        for (FieldDescriptorProto.Builder field : optional) {
            field.setProto3Optional(true).setOneofIndex(message.getOneofDeclCount());
            message.addOneofDecl(OneofDescriptorProto.newBuilder().setName("_" + field.getName()));
        }
        for (TypeElement type : element.getNestedTypes()) {
            if (type instanceof MessageElement nested) {
                message.addNestedType(message(nested));
            } else if (type instanceof EnumElement nested) {
                message.addEnumType(enumeration(nested));
            }
        }
        for (ExtendElement extend : element.getExtendDeclarations()) {
            for (FieldElement field : extend.getFields()) {
                message.addExtension(field(field).setExtendee(extend.getName()));
            }
        }
        element.getExtensions().forEach(extensions -> addExtensions(message, extensions));
        element.getReserveds().forEach(reserved -> addReserved(message, reserved));
        return message.build();
    }

    private FieldDescriptorProto.Builder addField(DescriptorProto.Builder message, FieldElement element) {
        String type = element.getType().replace(" ", "");
        if (!type.startsWith("map<")) {
            return message.addFieldBuilder().mergeFrom(field(element).build());
        }
        int comma = type.indexOf(',');
        if (comma < 0 || !type.endsWith(">")) {
            throw new UnusableSchemaException("field \"" + element.getName() + "\" has the type " + element.getType());
        }
        String entry = camel(element.getName()) + "Entry";
        message.addNestedType(DescriptorProto.newBuilder()
                .setName(entry)
                .setOptions(MessageOptions.newBuilder().setMapEntry(true))
                .addField(typed("key", 1, type.substring(4, comma)).setLabel(Label.LABEL_OPTIONAL))
                .addField(typed("value", 2, type.substring(comma + 1, type.length() - 1))
                        .setLabel(Label.LABEL_OPTIONAL)));
        return message.addFieldBuilder()
                .setName(element.getName())
                .setNumber(element.getTag())
                .setLabel(Label.LABEL_REPEATED)
                .setType(Type.TYPE_MESSAGE)
                .setTypeName(entry);
    }

    private FieldDescriptorProto.Builder addGroup(DescriptorProto.Builder message, GroupElement group) {
        DescriptorProto.Builder type = DescriptorProto.newBuilder().setName(group.getName());
        group.getFields().forEach(field -> addField(type, field));
        message.addNestedType(type);
        return message.addFieldBuilder()
                .setName(group.getName().toLowerCase(Locale.ROOT))
                .setNumber(group.getTag())
                .setLabel(label(group.getLabel()))
                .setType(Type.TYPE_GROUP)
                .setTypeName(group.getName());
    }

    private FieldDescriptorProto.Builder field(FieldElement element) {
        FieldDescriptorProto.Builder field =
                typed(element.getName(), element.getTag(), element.getType()).setLabel(label(element.getLabel()));
        if (element.getDefaultValue() != null) {
            field.setDefaultValue(element.getDefaultValue());
        }
        if (element.getJsonName() != null) {
            field.setJsonName(element.getJsonName());
        }
        FieldOptions.Builder options = FieldOptions.newBuilder();
        for (OptionElement option : element.getOptions()) {
            if (option.getName().equals("packed")) {
                options.setPacked(isTrue(option));
            } else if (option.getName().equals("deprecated")) {
                options.setDeprecated(isTrue(option));
            }
        }
        return options.hasPacked() || options.hasDeprecated() ? field.setOptions(options) : field;
    }

    private static FieldDescriptorProto.Builder typed(String name, int number, String type) {
        FieldDescriptorProto.Builder field =
                FieldDescriptorProto.newBuilder().setName(name).setNumber(number);
        Type scalar = SCALARS.get(type);
        return scalar == null ? field.setTypeName(type) : field.setType(scalar);
    }

    private static Label label(Field.Label label) {
        if (label == Field.Label.REPEATED) {
            return Label.LABEL_REPEATED;
        }
        return label == Field.Label.REQUIRED ? Label.LABEL_REQUIRED : Label.LABEL_OPTIONAL;
    }

    private static EnumDescriptorProto enumeration(EnumElement element) {
        EnumDescriptorProto.Builder enumeration =
                EnumDescriptorProto.newBuilder().setName(element.getName());
        element.getConstants()
                .forEach(constant -> enumeration.addValue(EnumValueDescriptorProto.newBuilder()
                        .setName(constant.getName())
                        .setNumber(constant.getTag())));
        for (OptionElement option : element.getOptions()) {
            if (option.getName().equals("allow_alias")) {
                enumeration.getOptionsBuilder().setAllowAlias(isTrue(option));
            }
        }
        for (ReservedElement reserved : element.getReserveds()) {
            for (Object value : reserved.getValues()) {
                if (value instanceof String reservedName) {
                    enumeration.addReservedName(reservedName);
                } else {
                    Range range = Range.of(value);
                    enumeration.addReservedRangeBuilder().setStart(range.first).setEnd(range.last);
                }
            }
        }
        return enumeration.build();
    }

    private static ServiceDescriptorProto service(ServiceElement element) {
        ServiceDescriptorProto.Builder service =
                ServiceDescriptorProto.newBuilder().setName(element.getName());
        for (RpcElement rpc : element.getRpcs()) {
            service.addMethod(MethodDescriptorProto.newBuilder()
                    .setName(rpc.getName())
                    .setInputType(rpc.getRequestType())
                    .setOutputType(rpc.getResponseType())
                    .setClientStreaming(rpc.getRequestStreaming())
                    .setServerStreaming(rpc.getResponseStreaming()));
        }
        return service.build();
    }

    private static void addReserved(DescriptorProto.Builder message, ReservedElement reserved) {
        for (Object value : reserved.getValues()) {
            if (value instanceof String reservedName) {
                message.addReservedName(reservedName);
            } else {
                Range range = Range.of(value);
                message.addReservedRangeBuilder().setStart(range.first).setEnd(range.end());
            }
        }
    }

    private static void addExtensions(DescriptorProto.Builder message, ExtensionsElement extensions) {
        for (Object value : extensions.getValues()) {
            Range range = Range.of(value);
            message.addExtensionRangeBuilder().setStart(range.first).setEnd(range.end());
        }
    }

    private record Range(int first, int last) {
        static Range of(Object value) {
            if (value instanceof IntRange range) {
                return new Range(range.getFirst(), range.getLast());
            } else if (value instanceof Integer number) {
                return new Range(number, number);
            }
            throw new UnusableSchemaException("it reserves \"" + value + "\", which is no number");
        }

        int end() {
            return last >= FIELD_NUMBER_END - 1 ? FIELD_NUMBER_END : last + 1;
        }
    }

    private static boolean isTrue(OptionElement option) {
        return String.valueOf(option.getValue()).equals("true");
    }

    /** As Protobuf names the entries of a map: {@code line_items} is {@code LineItems}. */
    private static String camel(String field) {
        StringBuilder name = new StringBuilder();
        boolean upper = true;
        for (char c : field.toCharArray()) {
            if (c == '_') {
                upper = true;
            } else {
                name.append(upper ? Character.toUpperCase(c) : c);
                upper = false;
            }
        }
        return name.toString();
    }
}
