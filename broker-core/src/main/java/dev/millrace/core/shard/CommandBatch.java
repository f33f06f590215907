package dev.millrace.core.shard;

import dev.millrace.core.command.Command;
import dev.millrace.core.time.Stamp;
import java.util.List;

/**
 * Commands that are applied and made durable together.
 *
 * @param stamp the proposer's clock; the only time that applying may use
 */
public record CommandBatch(List<Command> commands, Stamp stamp, long bytes) {
    /** What commands write down as their time. */
    public long nowMs() {
        return stamp.nowMs();
    }
}
