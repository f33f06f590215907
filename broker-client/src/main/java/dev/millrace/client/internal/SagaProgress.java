package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.Saga.Status;
import dev.millrace.client.SagaInstances.Output;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Where an instance of a saga stands after a step, beside the application's state; kept in the header {@code $saga} of the
 * step's event.
 *
 * @param timeouts those that wait: name and id of the message
 * @param undo what is left to undo, the latest last
 * @param nextSerial of the next one that is noted
 * @param current the serial of the one that is being undone, or {@link #NONE}
 * @param attempt how often that one has failed
 * @param attemptsEnd so many failures and it is parked; grows when an operator wants it tried again, so that no attempt's
 *     number comes twice
 * @param awaiting whether it waits for an answer
 * @param reason why the instance failed, or null
 * @param lastFailure of the latest attempt, or null
 * @param outputs what the step published
 */
record SagaProgress(
        Status status,
        Map<String, UUID> timeouts,
        List<Undo> undo,
        int nextSerial,
        int current,
        int attempt,
        int attemptsEnd,
        boolean awaiting,
        String reason,
        String lastFailure,
        List<Output> outputs) {
    static final int NONE = -1;
    static final String HEADER = "$saga";
    private static final int FORMAT = 1;

    /** Something to undo; serials grow by one. */
    record Undo(int serial, String name, String argument) {}

    SagaProgress {
        timeouts = Collections.unmodifiableMap(new TreeMap<>(timeouts));
        undo = List.copyOf(undo);
        outputs = List.copyOf(outputs);
    }

    static SagaProgress begin() {
        return new SagaProgress(Status.RUNNING, Map.of(), List.of(), 0, NONE, 0, 0, false, null, null, List.of());
    }

    byte[] encode() {
        FieldWriter out = new FieldWriter()
                .writeByte(FORMAT)
                .writeString(status.name())
                .writeInt(nextSerial)
                .writeInt(current)
                .writeInt(attempt)
                .writeInt(attemptsEnd)
                .writeBoolean(awaiting)
                .writeString(reason)
                .writeString(lastFailure);
        out.writeList(
                List.copyOf(timeouts.entrySet()),
                (to, timeout) -> to.writeString(timeout.getKey()).writeUuid(timeout.getValue()));
        out.writeList(
                undo, (to, one) -> to.writeInt(one.serial).writeString(one.name).writeString(one.argument));
        out.writeList(outputs, (to, output) -> to.writeString(output.topic()).writeUuid(output.id()));
        return out.toByteArray();
    }

    /** Fails: INVALID_REQUEST where the bytes are none of a saga, or of a newer client's. */
    static SagaProgress decode(String where, byte[] header) {
        if (header == null || header.length == 0 || header[0] != FORMAT) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST,
                    where + " is no step of a saga that this client knows: its header " + HEADER + " "
                            + (header == null || header.length == 0
                                    ? "is missing"
                                    : "has format " + header[0] + ", not " + FORMAT)
                            + "; upgrade the client, or leave this topic to the saga alone");
        }
        FieldReader in = new FieldReader(header);
        in.readByte();
        Status status = Status.valueOf(in.readText());
        int nextSerial = in.readInt();
        int current = in.readInt();
        int attempt = in.readInt();
        int attemptsEnd = in.readInt();
        boolean awaiting = in.readBoolean();
        String reason = in.readString();
        String lastFailure = in.readString();
        Map<String, UUID> timeouts = new TreeMap<>();
        in.readList(from -> timeouts.put(from.readText(), from.readUuid()));
        List<Undo> undo = in.readList(from -> new Undo(from.readInt(), from.readText(), from.readText()));
        List<Output> outputs = in.readList(from -> new Output(from.readText(), from.readUuid()));
        return new SagaProgress(
                status,
                timeouts,
                undo,
                nextSerial,
                current,
                attempt,
                attemptsEnd,
                awaiting,
                reason,
                lastFailure,
                outputs);
    }
}
