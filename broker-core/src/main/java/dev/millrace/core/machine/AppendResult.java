package dev.millrace.core.machine;

/**
 * Where an append went.
 *
 * @param duplicate the same batch had been appended before, at this offset
 */
public record AppendResult(long baseOffset, long appendTimeMs, boolean duplicate) {}
