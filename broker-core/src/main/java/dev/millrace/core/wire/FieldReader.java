package dev.millrace.core.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/**
 * Reads big-endian fields; the mirror of {@link FieldWriter}.
 *
 * <p>Fails: {@link MalformedFrameException} on bad bytes. A declared length or count is checked against the bytes that
 * are left before anything is allocated, so bad input costs no more memory than its own size.
 */
public final class FieldReader {
    private final ByteBuffer in;

    public FieldReader(byte[] bytes) {
        this(ByteBuffer.wrap(bytes));
    }

    /** Reads from position to limit; the given buffer's position stays. */
    public FieldReader(ByteBuffer bytes) {
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

    /** A string, or null. */
    public String readString() {
        ByteBuffer bytes = readBytes();
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes).toString();
    }

    /** A string that must not be null. */
    public String readText() {
        String text = readString();
        if (text == null) {
            throw new MalformedFrameException("a required text is missing");
        }
        return text;
    }

    /** A view of the input, or null. */
    public ByteBuffer readBytes() {
        int length = readInt();
        if (length == -1) {
            return null;
        }
        if (length < 0 || length > in.remaining()) {
            throw new MalformedFrameException("a field of " + length + " bytes where " + in.remaining() + " are left");
        }
        ByteBuffer view = in.slice(in.position(), length);
        in.position(in.position() + length);
        return view;
    }

    /** A view of all that is left. */
    public ByteBuffer readRest() {
        ByteBuffer view = in.slice();
        in.position(in.limit());
        return view;
    }

    public <T> List<T> readList(Function<FieldReader, T> element) {
        int count = readInt();
        if (count < 0 || count > in.remaining()) {
            throw new MalformedFrameException("a list of " + count + " where " + in.remaining() + " bytes are left");
        }
        List<T> values = new ArrayList<>(Math.min(count, 1024));
        for (int i = 0; i < count; i++) {
            values.add(element.apply(this));
        }
        return values;
    }

    public int remaining() {
        return in.remaining();
    }

    private ByteBuffer need(int count) {
        if (in.remaining() < count) {
            throw new MalformedFrameException("a field of " + count + " bytes where " + in.remaining() + " are left");
        }
        return in;
    }
}
