package dev.millrace.core.command;

/** Deletes a topic, its log, and what groups committed for it. */
public record DeleteTopic(String name) implements Command {
    public static final byte TYPE = 5;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public byte version() {
        return 1;
    }

    @Override
    public void encode(CommandWriter out) {
        out.writeString(name);
    }

    @Override
    public int sizeBytes() {
        return 64 + name.length();
    }

    static DeleteTopic decode(byte version, CommandReader in) {
        return new DeleteTopic(in.readString());
    }
}
