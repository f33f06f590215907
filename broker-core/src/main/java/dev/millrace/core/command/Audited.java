package dev.millrace.core.command;

import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.AuditNote;
import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import dev.millrace.core.wire.MalformedFrameException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * An administrative change with who asked for it: it is written to the audit log in the same commit.
 *
 * @param notes what to write; empty where the change says it itself
 */
public record Audited(Actor actor, Command change, List<AuditNote> notes) implements Command {
    public static final byte TYPE = 100;

    private static final int ACTOR_BYTES = 256;

    public Audited {
        notes = List.copyOf(notes);
    }

    public Audited(Actor actor, Command change) {
        this(actor, change, List.of());
    }

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeString(actor.protocol()).writeString(actor.client()).writeString(actor.address());
        out.writeBytes(ByteBuffer.wrap(CommandCodec.encode(change)));
        out.writeList(
                notes,
                (o, note) -> o.writeString(note.action())
                        .writeString(note.target())
                        .writeString(note.before())
                        .writeString(note.after()));
    }

    @Override
    public int sizeBytes() {
        return change.sizeBytes()
                + ACTOR_BYTES
                + notes.stream().mapToInt(AuditNote::sizeBytes).sum();
    }

    static Audited decode(byte version, FieldReader in) {
        CommandFields.requireVersion("Audited", version, (byte) 1);
        Actor actor = new Actor(in.readText(), in.readText(), in.readText());
        byte[] change = CommandFields.bytes(in);
        if (change.length > 0 && change[0] == TYPE) {
            throw new MalformedFrameException("an audited change inside of another");
        }
        return new Audited(
                actor,
                CommandCodec.decode(change),
                in.readList(r -> new AuditNote(r.readText(), r.readText(), r.readString(), r.readString())));
    }
}
