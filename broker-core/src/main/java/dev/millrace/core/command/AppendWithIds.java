package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.util.List;

/**
 * Appends records that carry ids, unless they were appended before.
 *
 * @param ids of the records in order, empty where one has none
 */
public record AppendWithIds(AppendRecords append, List<String> ids) implements Command {
    public static final byte TYPE = 85;

    public AppendWithIds {
        ids = List.copyOf(ids);
    }

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        append.encode(out);
        out.writeList(ids, FieldWriter::writeString);
    }

    @Override
    public int sizeBytes() {
        return append.sizeBytes() + 32 * ids.size();
    }

    static AppendWithIds decode(byte version, FieldReader in) {
        CommandFields.requireVersion("AppendWithIds", version, (byte) 1);
        return new AppendWithIds(AppendRecords.decode((byte) 1, in), in.readList(FieldReader::readText));
    }
}
