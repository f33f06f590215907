package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import dev.millrace.core.wire.MalformedFrameException;

/**
 * Commands as bytes, for a replicated log and for tests: {@code type u8, version u8, fields}.
 *
 * <p>Types and versions are never reused: a command that was once written must be readable for as long as a log may hold
 * it. Fails: {@link MalformedFrameException}.
 */
public final class CommandCodec {
    private CommandCodec() {}

    public static byte[] encode(Command command) {
        FieldWriter out = new FieldWriter(command.sizeBytes() + 16);
        out.writeByte(command.type()).writeByte(command.version());
        command.encode(out);
        return out.toByteArray();
    }

    public static Command decode(byte[] bytes) {
        FieldReader in = new FieldReader(bytes);
        byte type = in.readByte();
        byte version = in.readByte();
        Command command = decode(type, version, in);
        if (in.remaining() > 0) {
            throw new MalformedFrameException("command type " + type + " with " + in.remaining() + " bytes too many");
        }
        return command;
    }

    private static Command decode(byte type, byte version, FieldReader in) {
        return switch (type) {
            case AppendRecords.TYPE -> AppendRecords.decode(version, in);
            case AllocateProducer.TYPE -> AllocateProducer.decode(version, in);
            case CreateTopic.TYPE -> CreateTopic.decode(version, in);
            case AlterTopic.TYPE -> AlterTopic.decode(version, in);
            case DeleteTopic.TYPE -> DeleteTopic.decode(version, in);
            case DeleteBefore.TYPE -> DeleteBefore.decode(version, in);
            case Maintain.TYPE -> Maintain.decode(version, in);
            case JoinGroup.TYPE -> JoinGroup.decode(version, in);
            case HeartbeatGroup.TYPE -> HeartbeatGroup.decode(version, in);
            case LeaveGroup.TYPE -> LeaveGroup.decode(version, in);
            case CommitOffsets.TYPE -> CommitOffsets.decode(version, in);
            case ResetOffsets.TYPE -> ResetOffsets.decode(version, in);
            case DeleteGroup.TYPE -> DeleteGroup.decode(version, in);
            case ExpireGroups.TYPE -> ExpireGroups.decode(version, in);
            case InitTransactions.TYPE -> InitTransactions.decode(version, in);
            case CommitTransaction.TYPE -> CommitTransaction.decode(version, in);
            case ScheduleTimers.TYPE -> ScheduleTimers.decode(version, in);
            case CancelTimer.TYPE -> CancelTimer.decode(version, in);
            case FireTimers.TYPE -> FireTimers.decode(version, in);
            case AppendEvents.TYPE -> AppendEvents.decode(version, in);
            case DeleteStream.TYPE -> DeleteStream.decode(version, in);
            case LimitStream.TYPE -> LimitStream.decode(version, in);
            case PutSnapshot.TYPE -> PutSnapshot.decode(version, in);
            case EraseEvents.TYPE -> EraseEvents.decode(version, in);
            case ConfirmErased.TYPE -> ConfirmErased.decode(version, in);
            case ParkRecord.TYPE -> ParkRecord.decode(version, in);
            case BeginDelivery.TYPE -> BeginDelivery.decode(version, in);
            case SettleReplay.TYPE -> SettleReplay.decode(version, in);
            case ReplayDeadLetters.TYPE -> ReplayDeadLetters.decode(version, in);
            case DiscardDeadLetters.TYPE -> DiscardDeadLetters.decode(version, in);
            case NoteFailure.TYPE -> NoteFailure.decode(version, in);
            case AppendWithIds.TYPE -> AppendWithIds.decode(version, in);
            case Audited.TYPE -> Audited.decode(version, in);
            default -> throw new MalformedFrameException("command type " + type + " is unknown");
        };
    }
}
