package dev.millrace.server.schema.format;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import dev.millrace.core.CheckBudget;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Parses values as messages of a .proto file. Fields that the file does not know are no problem, as in Protobuf itself.
 * The work is bounded by the bytes, so nothing of the budget is spent.
 */
final class ProtobufValues implements ValueCheck {
    private static final int DEPTH_MAX = 100;

    private final FileDescriptor file;

    ProtobufValues(FileDescriptor file) {
        this.file = file;
    }

    @Override
    public String problem(ByteBuffer value, int[] messageIndexes, CheckBudget budget) {
        Descriptor type = null;
        List<Descriptor> types = file.getMessageTypes();
        for (int index : messageIndexes.length == 0 ? new int[] {0} : messageIndexes) {
            if (index < 0 || index >= types.size()) {
                return "it names message " + index + " where there are " + types.size();
            }
            type = types.get(index);
            types = type.getNestedTypes();
        }
        try {
            CodedInputStream input = CodedInputStream.newInstance(value);
            input.setRecursionLimit(DEPTH_MAX);
            DynamicMessage.Builder message = DynamicMessage.newBuilder(type).mergeFrom(input);
            input.checkLastTagWas(0);
            List<String> missing = message.buildPartial().findInitializationErrors();
            return missing.isEmpty() ? null : "as " + type.getFullName() + " it lacks the required fields " + missing;
        } catch (IOException malformed) {
            return "it is no " + type.getFullName() + ": " + malformed.getMessage();
        }
    }
}
