package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import dev.millrace.core.wire.NewTimer;
import java.util.List;

/**
 * Stores records that are to be appended later, each by itself.
 *
 * @param sequence greater than that of every request of this producer before; the last one's again changes nothing
 * @param pendingMax limit over all timers, stamped so that applying reads no configuration
 */
public record ScheduleTimers(long producerId, long sequence, List<NewTimer> timers, long pendingMax)
        implements Command {
    public static final byte TYPE = 62;

    public ScheduleTimers {
        timers = List.copyOf(timers);
    }

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeLong(producerId)
                .writeLong(sequence)
                .writeList(timers, NewTimer::writeTo)
                .writeLong(pendingMax);
    }

    @Override
    public int sizeBytes() {
        int bytes = 64;
        for (NewTimer timer : timers) {
            bytes += timer.sizeBytes();
        }
        return bytes;
    }

    static ScheduleTimers decode(byte version, FieldReader in) {
        CommandFields.requireVersion("ScheduleTimers", version, (byte) 1);
        return new ScheduleTimers(in.readLong(), in.readLong(), in.readList(NewTimer::read), in.readLong());
    }
}
