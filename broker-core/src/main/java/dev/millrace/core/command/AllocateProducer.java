package dev.millrace.core.command;

/** Takes the next producer id. */
public record AllocateProducer() implements Command {
    public static final byte TYPE = 2;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public byte version() {
        return 1;
    }

    @Override
    public void encode(CommandWriter out) {}

    @Override
    public int sizeBytes() {
        return 16;
    }

    static AllocateProducer decode(byte version, CommandReader in) {
        return new AllocateProducer();
    }
}
