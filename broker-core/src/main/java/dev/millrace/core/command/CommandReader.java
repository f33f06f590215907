package dev.millrace.core.command;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/** Reads the fields of a command; the mirror of {@link CommandWriter}. Fails: {@link IllegalArgumentException} on bad bytes. */
public final class CommandReader {
    private final ByteBuffer in;

    public CommandReader(byte[] bytes) {
        this(ByteBuffer.wrap(bytes));
    }

    public CommandReader(ByteBuffer bytes) {
        this.in = bytes.slice();
    }

    public byte readByte() {
        return need(1).get();
    }

    public boolean readBoolean() {
        return readByte() != 0;
    }

    public short readShort() {
        return need(2).getShort();
    }

    public int readInt() {
        return need(4).getInt();
    }

    public long readLong() {
        return need(8).getLong();
    }

    public UUID readUuid() {
        return new UUID(readLong(), readLong());
    }

    public String readString() {
        ByteBuffer bytes = readBytes();
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes).toString();
    }

    /** A view of the input, or null. */
    public ByteBuffer readBytes() {
        int length = readInt();
        if (length == -1) {
            return null;
        }
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("length " + length + " with " + in.remaining() + " bytes left");
        }
        ByteBuffer view = in.slice(in.position(), length);
        in.position(in.position() + length);
        return view;
    }

    public <T> List<T> readList(Function<CommandReader, T> element) {
        int count = readInt();
        if (count < 0 || count > in.remaining()) {
            throw new IllegalArgumentException("count " + count + " with " + in.remaining() + " bytes left");
        }
        List<T> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            values.add(element.apply(this));
        }
        return values;
    }

    public boolean hasRemaining() {
        return in.hasRemaining();
    }

    private ByteBuffer need(int count) {
        if (in.remaining() < count) {
            throw new IllegalArgumentException(
                    "needs " + count + " bytes, has " + in.remaining(), new BufferUnderflowException());
        }
        return in;
    }
}
