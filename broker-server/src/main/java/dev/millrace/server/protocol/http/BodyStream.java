package dev.millrace.server.protocol.http;

import io.netty.buffer.ByteBuf;

/**
 * A body that is sent piece by piece for as long as there is more and the client takes it, such as a live tail. Thread:
 * the connection's event loop, also the calls of {@link Out}.
 */
interface BodyStream {
    /** Where the pieces go. */
    interface Out {
        /**
         * Sends a piece, which belongs to the connection from then on.
         *
         * @param afterwards run once, when the socket has taken it or the connection has ended
         */
        void write(ByteBuf piece, Runnable afterwards);

        default void write(ByteBuf piece) {
            write(piece, HttpAnswer.NOTHING);
        }

        /** False while the client has not taken what was sent: then nothing more should be. */
        boolean isWritable();

        /** Sends a last piece and ends the body. */
        void end(ByteBuf last);

        /** Runs on the event loop. Thread: any. */
        void execute(Runnable step);
    }

    /** Called once, after the head was sent. */
    void start(Out out);

    /** The client has taken what was sent. */
    void onWritable();

    /** Called now and then, so that both sides notice when the other is gone. */
    void keepAlive();

    /** Ends the body in an orderly way: the broker stops. */
    void stop();

    /** The client is gone. */
    void onClosed();
}
