package dev.millrace.core.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;

/** Writes big-endian fields into growing memory; the mirror of {@link FieldReader}. Frames, commands and rows use it. */
public final class FieldWriter {
    private byte[] bytes;
    private int size;

    public FieldWriter() {
        this(64);
    }

    public FieldWriter(int initialBytes) {
        this.bytes = new byte[initialBytes];
    }

    public FieldWriter writeByte(int value) {
        reserve(1);
        bytes[size++] = (byte) value;
        return this;
    }

    public FieldWriter writeBoolean(boolean value) {
        return writeByte(value ? 1 : 0);
    }

    public FieldWriter writeShort(int value) {
        return writeByte(value >> 8).writeByte(value);
    }

    public FieldWriter writeInt(int value) {
        reserve(4);
        bytes[size++] = (byte) (value >> 24);
        bytes[size++] = (byte) (value >> 16);
        bytes[size++] = (byte) (value >> 8);
        bytes[size++] = (byte) value;
        return this;
    }

    public FieldWriter writeLong(long value) {
        return writeInt((int) (value >> 32)).writeInt((int) value);
    }

    public FieldWriter writeUuid(UUID value) {
        return writeLong(value.getMostSignificantBits()).writeLong(value.getLeastSignificantBits());
    }

    /** Length u32 (0xFFFFFFFF for null), then UTF-8. */
    public FieldWriter writeString(String value) {
        return writeBytes(value == null ? null : ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
    }

    /** Length u32 (0xFFFFFFFF for null), then the bytes from position to limit; the position stays. */
    public FieldWriter writeBytes(ByteBuffer value) {
        if (value == null) {
            return writeInt(-1);
        }
        int length = value.remaining();
        writeInt(length);
        reserve(length);
        value.get(value.position(), bytes, size, length);
        size += length;
        return this;
    }

    /** Count u32, then each element by {@code element}. */
    public <T> FieldWriter writeList(List<T> values, BiConsumer<FieldWriter, T> element) {
        writeInt(values.size());
        for (T value : values) {
            element.accept(this, value);
        }
        return this;
    }

    /** Overwrites four bytes written before, for lengths that are known only afterwards. */
    public void setInt(int index, int value) {
        ByteBuffer.wrap(bytes, 0, size).putInt(index, value);
    }

    public int size() {
        return size;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    /** A view of what was written; valid until the next write. */
    public ByteBuffer toByteBuffer() {
        return ByteBuffer.wrap(bytes, 0, size);
    }

    private void reserve(int count) {
        if (bytes.length - size < count) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, Math.addExact(size, count)));
        }
    }
}
