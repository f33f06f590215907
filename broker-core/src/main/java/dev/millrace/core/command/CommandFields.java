package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.MalformedFrameException;
import dev.millrace.core.wire.Operation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Fields and checks that commands share. */
final class CommandFields {
    private CommandFields() {}

    static void requireVersion(String command, byte version, byte newest) {
        if (version < 1 || version > newest) {
            throw new MalformedFrameException(
                    command + " version " + version + " is not known; this broker knows 1 to " + newest);
        }
    }

    /** A copy of bytes that must not be missing. */
    static byte[] bytes(FieldReader in) {
        ByteBuffer view = in.readBytes();
        if (view == null) {
            throw new MalformedFrameException("required bytes are missing");
        }
        byte[] copy = new byte[view.remaining()];
        view.get(copy);
        return copy;
    }

    /** A rough size: object headers and fixed fields are taken as 64 bytes. */
    static int sizeBytes(String... texts) {
        int bytes = 64;
        for (String text : texts) {
            bytes += text == null ? 0 : text.getBytes(StandardCharsets.UTF_8).length;
        }
        return bytes;
    }

    /** Bytes of its own, writable: applying may write into them. */
    static ByteBuffer copy(ByteBuffer view) {
        return ByteBuffer.allocate(view.remaining()).put(view).flip();
    }

    static int sizeBytes(List<String> texts) {
        return sizeBytes(texts.toArray(new String[0]));
    }

    /** The operation with batches of its own, because applying writes into them. */
    static Operation ownBytes(Operation operation) {
        if (operation instanceof Operation.Append append) {
            return new Operation.Append(append.topicId(), append.partition(), copy(append.batches()));
        } else if (operation instanceof Operation.AppendEvents append) {
            return new Operation.AppendEvents(
                    append.topicId(), append.partition(), append.checks(), copy(append.events()));
        }
        return operation;
    }
}
