package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.util.SortedMap;

/**
 * Changes a topic's settings and adds partitions.
 *
 * @param partitions the new count, or 0 to leave it
 * @param settings a null value unsets
 */
public record AlterTopic(String name, int partitions, SortedMap<String, String> settings, int partitionsMax)
        implements Command {
    public static final byte TYPE = 4;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeString(name).writeInt(partitions);
        SettingsCodec.write(out, settings);
        out.writeInt(partitionsMax);
    }

    @Override
    public int sizeBytes() {
        return 128 + name.length();
    }

    static AlterTopic decode(byte version, FieldReader in) {
        CommandFields.requireVersion("AlterTopic", version, (byte) 1);
        return new AlterTopic(in.readString(), in.readInt(), SettingsCodec.read(in), in.readInt());
    }
}
