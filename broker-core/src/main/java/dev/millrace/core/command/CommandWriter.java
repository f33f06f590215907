package dev.millrace.core.command;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;

/** Writes the fields of a command, big-endian; the mirror of {@link CommandReader}. Also used for rows of small tables. */
public final class CommandWriter {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
    private final DataOutputStream out = new DataOutputStream(bytes);

    public CommandWriter writeByte(int value) {
        return write(() -> out.writeByte(value));
    }

    public CommandWriter writeBoolean(boolean value) {
        return writeByte(value ? 1 : 0);
    }

    public CommandWriter writeShort(int value) {
        return write(() -> out.writeShort(value));
    }

    public CommandWriter writeInt(int value) {
        return write(() -> out.writeInt(value));
    }

    public CommandWriter writeLong(long value) {
        return write(() -> out.writeLong(value));
    }

    public CommandWriter writeUuid(UUID value) {
        return writeLong(value.getMostSignificantBits()).writeLong(value.getLeastSignificantBits());
    }

    /** Length u32 (0xFFFFFFFF for null), then UTF-8. */
    public CommandWriter writeString(String value) {
        return writeBytes(value == null ? null : ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
    }

    /** Length u32 (0xFFFFFFFF for null), then the bytes from position to limit. */
    public CommandWriter writeBytes(ByteBuffer value) {
        if (value == null) {
            return writeInt(-1);
        }
        byte[] copy = new byte[value.remaining()];
        value.duplicate().get(copy);
        return writeInt(copy.length).write(() -> out.write(copy));
    }

    /** Count u32, then each element by {@code element}. */
    public <T> CommandWriter writeList(List<T> values, BiConsumer<CommandWriter, T> element) {
        writeInt(values.size());
        values.forEach(value -> element.accept(this, value));
        return this;
    }

    public byte[] toByteArray() {
        return bytes.toByteArray();
    }

    private CommandWriter write(Write step) {
        try {
            step.run();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
    }

    private interface Write {
        void run() throws IOException;
    }
}
