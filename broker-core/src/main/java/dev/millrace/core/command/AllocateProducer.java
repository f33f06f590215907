package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/** Takes the next producer id. */
public record AllocateProducer() implements Command {
    public static final byte TYPE = 2;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {}

    @Override
    public int sizeBytes() {
        return 16;
    }

    static AllocateProducer decode(byte version, FieldReader in) {
        CommandFields.requireVersion("AllocateProducer", version, (byte) 1);
        return new AllocateProducer();
    }
}
