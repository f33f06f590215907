package dev.millrace.core.command;

import dev.millrace.core.wire.MalformedFrameException;
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
}
