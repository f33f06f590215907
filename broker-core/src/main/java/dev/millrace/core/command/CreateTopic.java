package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.util.SortedMap;
import java.util.UUID;

/**
 * Creates a topic.
 *
 * @param topicId stamped by the proposer
 * @param partitions at least 1
 * @param partitionsMax limit over all topics, stamped so that applying reads no configuration
 */
public record CreateTopic(
        UUID topicId, String name, int partitions, SortedMap<String, String> settings, int partitionsMax)
        implements Command {
    public static final byte TYPE = 3;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeUuid(topicId).writeString(name).writeInt(partitions);
        SettingsCodec.write(out, settings);
        out.writeInt(partitionsMax);
    }

    @Override
    public int sizeBytes() {
        return 128 + name.length();
    }

    static CreateTopic decode(byte version, FieldReader in) {
        CommandFields.requireVersion("CreateTopic", version, (byte) 1);
        return new CreateTopic(in.readUuid(), in.readString(), in.readInt(), SettingsCodec.read(in), in.readInt());
    }
}
