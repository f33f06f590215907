package dev.millrace.server.schema.format;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether a reader's .proto file understands what was written with a writer's: fields belong together by number, messages
 * by their name inside the package.
 */
final class ProtobufDiff {
    /** Scalars of one family are written alike. */
    private static final Map<FieldDescriptor.Type, String> FAMILIES = Map.ofEntries(
            Map.entry(FieldDescriptor.Type.INT32, "varint"),
            Map.entry(FieldDescriptor.Type.INT64, "varint"),
            Map.entry(FieldDescriptor.Type.UINT32, "varint"),
            Map.entry(FieldDescriptor.Type.UINT64, "varint"),
            Map.entry(FieldDescriptor.Type.BOOL, "varint"),
            Map.entry(FieldDescriptor.Type.ENUM, "varint"),
            Map.entry(FieldDescriptor.Type.SINT32, "zigzag"),
            Map.entry(FieldDescriptor.Type.SINT64, "zigzag"),
            Map.entry(FieldDescriptor.Type.FIXED32, "fixed32"),
            Map.entry(FieldDescriptor.Type.SFIXED32, "fixed32"),
            Map.entry(FieldDescriptor.Type.FIXED64, "fixed64"),
            Map.entry(FieldDescriptor.Type.SFIXED64, "fixed64"),
            Map.entry(FieldDescriptor.Type.STRING, "bytes"),
            Map.entry(FieldDescriptor.Type.BYTES, "bytes"),
            Map.entry(FieldDescriptor.Type.FLOAT, "float"),
            Map.entry(FieldDescriptor.Type.DOUBLE, "double"),
            Map.entry(FieldDescriptor.Type.MESSAGE, "message"),
            Map.entry(FieldDescriptor.Type.GROUP, "group"));

    private final FileDescriptor reader;
    private final FileDescriptor writer;
    private final List<Mismatch> found = new ArrayList<>();
    private final Deque<Pair> waiting = new ArrayDeque<>();
    private final Set<Pair> seen = new HashSet<>();

    private record Pair(Descriptor reader, Descriptor writer) {}

    ProtobufDiff(FileDescriptor reader, FileDescriptor writer) {
        this.reader = reader;
        this.writer = writer;
    }

    List<Mismatch> compare() {
        Map<String, Descriptor> readers = messages(reader);
        messages(writer).forEach((name, written) -> {
            Descriptor reads = readers.get(name);
            if (reads == null) {
                found.add(new Mismatch(
                        "/" + name,
                        "MESSAGE_REMOVED",
                        "no such message",
                        "message " + name,
                        "keep the message " + name,
                        "do not add the message " + name + ", which readers with the older schema do not know"));
            } else {
                later(reads, written);
            }
        });
        while (!waiting.isEmpty()) {
            Pair pair = waiting.poll();
            compare(pair.reader, pair.writer);
        }
        return found;
    }

    private void later(Descriptor reads, Descriptor writes) {
        Pair pair = new Pair(reads, writes);
        if (seen.add(pair)) {
            waiting.add(pair);
        }
    }

    /** All messages of the file by their name inside the package; those that stand for maps belong to their fields. */
    private static Map<String, Descriptor> messages(FileDescriptor file) {
        Map<String, Descriptor> messages = new LinkedHashMap<>();
        Deque<Descriptor> left = new ArrayDeque<>(file.getMessageTypes());
        while (!left.isEmpty()) {
            Descriptor message = left.poll();
            if (!message.getOptions().getMapEntry()) {
                messages.put(local(message), message);
                left.addAll(message.getNestedTypes());
            }
        }
        return messages;
    }

    private static String local(Descriptor message) {
        return withoutPackage(message.getFullName(), message.getFile());
    }

    private static String withoutPackage(String name, FileDescriptor file) {
        String prefix = file.getPackage();
        return prefix.isEmpty() ? name : name.substring(prefix.length() + 1);
    }

    private void compare(Descriptor reads, Descriptor writes) {
        String path = "/" + local(reads);
        for (FieldDescriptor written : writes.getFields()) {
            FieldDescriptor field = reads.findFieldByNumber(written.getNumber());
            if (field == null) {
                removed(path, reads, written);
            } else {
                compare(path + "/" + field.getName(), field, written);
            }
        }
        for (FieldDescriptor field : reads.getFields()) {
            if (writes.findFieldByNumber(field.getNumber()) == null) {
                added(path, writes, field);
            }
        }
        for (OneofDescriptor oneof : reads.getRealOneofs()) {
            moved(path, oneof, writes);
        }
    }

    private void removed(String path, Descriptor reads, FieldDescriptor written) {
        FieldDescriptor sameName = reads.findFieldByName(written.getName());
        if (sameName != null) {
            found.add(new Mismatch(
                    path + "/" + written.getName(),
                    "FIELD_NUMBER_CHANGED",
                    text(sameName),
                    text(written),
                    "keep the number " + written.getNumber() + ", or give the new field another name",
                    "keep the number " + sameName.getNumber() + ", or give the new field another name"));
        } else if (written.getRealContainingOneof() != null) {
            found.add(new Mismatch(
                    path + "/" + written.getName(),
                    "ONEOF_FIELD_REMOVED",
                    "no such field",
                    text(written),
                    "keep the field in its oneof, deprecated",
                    "do not add a field to a oneof, which readers with the older schema would take for unset"));
        }
    }

    private void added(String path, Descriptor writes, FieldDescriptor field) {
        if (field.isRequired()) {
            found.add(new Mismatch(
                    path + "/" + field.getName(),
                    "REQUIRED_FIELD_ADDED",
                    text(field),
                    "no such field",
                    "make the field optional",
                    "keep the required field, without which readers with the older schema refuse the message"));
        } else if (writes.isReservedNumber(field.getNumber()) || writes.isReservedName(field.getName())) {
            found.add(new Mismatch(
                    path + "/" + field.getName(),
                    Mismatch.RESERVED_REUSED,
                    text(field),
                    "number " + field.getNumber() + " or its name is reserved",
                    "choose a number and a name that were never used",
                    "do not reserve what readers with the older schema use"));
        }
    }

    private void compare(String path, FieldDescriptor reads, FieldDescriptor writes) {
        String readFamily = FAMILIES.get(reads.getType());
        if (!readFamily.equals(FAMILIES.get(writes.getType())) || reads.isMapField() != writes.isMapField()) {
            changed(path, "FIELD_KIND_CHANGED", reads, writes);
            return;
        }
        boolean scalars = !Set.of("bytes", "message", "group").contains(readFamily);
        if (reads.isRepeated() != writes.isRepeated() && scalars) {
            changed(path, "FIELD_NUMERIC_LABEL_CHANGED", reads, writes);
        }
        if (reads.isRequired() && !writes.isRequired()) {
            changed(path, "FIELD_MADE_REQUIRED", reads, writes);
        }
        if (reads.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
            if (reads.isMapField()) {
                compare(path + "/key", entry(reads, 1), entry(writes, 1));
                compare(path + "/value", entry(reads, 2), entry(writes, 2));
            } else if (!sameType(reads.getMessageType(), writes.getMessageType())) {
                changed(path, "FIELD_NAMED_TYPE_CHANGED", reads, writes);
            } else {
                later(reads.getMessageType(), writes.getMessageType());
            }
        } else if (reads.getType() == FieldDescriptor.Type.ENUM && writes.getType() == FieldDescriptor.Type.ENUM) {
            compare(path, reads.getEnumType(), writes.getEnumType());
        }
    }

    private void compare(String path, EnumDescriptor reads, EnumDescriptor writes) {
        String readName = withoutPackage(reads.getFullName(), reads.getFile());
        String writeName = withoutPackage(writes.getFullName(), writes.getFile());
        if (!readName.equals(writeName)) {
            found.add(new Mismatch(
                    path,
                    "FIELD_NAMED_TYPE_CHANGED",
                    "enum " + readName,
                    "enum " + writeName,
                    "keep the type " + writeName,
                    "keep the type " + readName));
        }
    }

    private static FieldDescriptor entry(FieldDescriptor map, int number) {
        return map.getMessageType().findFieldByNumber(number);
    }

    private boolean sameType(Descriptor reads, Descriptor writes) {
        boolean own = reads.getFile() == reader && writes.getFile() == writer;
        return own ? local(reads).equals(local(writes)) : reads.getFullName().equals(writes.getFullName());
    }

    private void moved(String path, OneofDescriptor oneof, Descriptor writes) {
        List<FieldDescriptor> outside = oneof.getFields().stream()
                .map(field -> writes.findFieldByNumber(field.getNumber()))
                .filter(written -> written != null && written.getRealContainingOneof() == null)
                .toList();
        boolean existed = writes.getRealOneofs().stream()
                .anyMatch(other -> other.getName().equals(oneof.getName()));
        if (outside.size() > 1 || existed && !outside.isEmpty()) {
            String names =
                    outside.stream().map(FieldDescriptor::getName).toList().toString();
            found.add(new Mismatch(
                    path + "/" + oneof.getName(),
                    existed ? "FIELD_MOVED_TO_EXISTING_ONEOF" : "MULTIPLE_FIELDS_MOVED_TO_ONEOF",
                    "oneof " + oneof.getName() + " holds " + names,
                    "outside of a oneof",
                    "leave " + names + " outside: of several that were set, only the last would be read",
                    "keep " + names + " in the oneof, of which readers with the older schema keep only one"));
        }
    }

    private void changed(String path, String rule, FieldDescriptor reads, FieldDescriptor writes) {
        found.add(new Mismatch(
                path,
                rule,
                text(reads),
                text(writes),
                "keep it as " + text(writes) + ", and add a field with a new number instead",
                "keep it as " + text(reads) + ", and add a field with a new number instead"));
    }

    private static String text(FieldDescriptor field) {
        String type = switch (field.getJavaType()) {
            case MESSAGE -> field.getMessageType().getFullName();
            case ENUM -> field.getEnumType().getFullName();
            default -> field.getType().name().toLowerCase(java.util.Locale.ROOT);
        };
        String label = field.isRepeated() ? "repeated " : field.isRequired() ? "required " : "";
        return label + type + " " + field.getName() + " = " + field.getNumber();
    }
}
