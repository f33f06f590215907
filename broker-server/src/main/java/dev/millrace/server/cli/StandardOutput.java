package dev.millrace.server.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Standard output that is buffered and remembers why it failed: a reader that went away ({@code | head}) is no error, a
 * full disk is one.
 */
public final class StandardOutput extends PrintStream {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final Remembering target;

    public StandardOutput(FileDescriptor descriptor) {
        this(new FileOutputStream(descriptor));
    }

    StandardOutput(OutputStream target) {
        this(new Remembering(target));
    }

    private StandardOutput(Remembering target) {
        super(new BufferedOutputStream(target, BUFFER_BYTES), false, StandardCharsets.UTF_8);
        this.target = target;
    }

    /**
     * Hands everything printed so far to the system.
     *
     * @return false where the reader has gone
     * @throws CommandFailure where it cannot be written for another reason
     */
    static boolean delivered(PrintStream out) {
        if (!out.checkError()) return true;
        IOException failure = out instanceof StandardOutput standard ? standard.target.failure : null;
        if (failure == null || isBrokenPipe(failure)) return false;
        throw new CommandFailure("standard output cannot be written (" + failure.getMessage()
                + "). Make room or write elsewhere, then run the command again.");
    }

    private static boolean isBrokenPipe(IOException failure) {
        String message = String.valueOf(failure.getMessage());
        return message.contains("Broken pipe") || message.contains("pipe is being closed");
    }

    private static final class Remembering extends OutputStream {
        private final OutputStream target;
        private volatile IOException failure;

        Remembering(OutputStream target) {
            this.target = target;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                target.write(bytes, offset, length);
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }

        @Override
        public void flush() throws IOException {
            target.flush();
        }
    }
}
