package dev.millrace.core.shard;

import dev.millrace.core.command.Command;
import java.util.List;

/**
 * Commands that are applied and made durable together.
 *
 * @param nowMs the proposer's clock; the only time that applying may use
 */
public record CommandBatch(List<Command> commands, long nowMs, long bytes) {}
