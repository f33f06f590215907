package dev.millrace.core.wire;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;

/** Frames of the connection, of publishing and of subscribing. */
public final class Frames {
    private Frames() {}

    /** First frame of a client. The magic makes a lost HTTP or Kafka client visible at once. */
    public record Hello(int versionMin, int versionMax, long features, String clientId, String software)
            implements Frame {
        /** "MLRC". */
        public static final int MAGIC = 0x4d4c5243;

        public static final int VERSION = 1;

        static Hello read(FieldReader in) {
            int magic = in.readInt();
            if (magic != MAGIC) {
                throw new MalformedFrameException(String.format("magic 0x%08x where 0x%08x must stand", magic, MAGIC));
            }
            return new Hello(
                    in.readShort() & 0xffff, in.readShort() & 0xffff, in.readLong(), in.readText(), in.readText());
        }

        @Override
        public FrameType type() {
            return FrameType.HELLO;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeInt(MAGIC).writeShort(versionMin).writeShort(versionMax).writeLong(features);
            out.writeString(clientId).writeString(software);
        }
    }

    /** The version and features that both sides use from here on, and the broker's limits. */
    public record HelloOk(int version, long features, UUID clusterId, String software, Limits limits) implements Frame {
        /**
         * @param idleTimeoutMs the broker closes a connection that is silent for longer; send PING before
         */
        public record Limits(int frameBytesMax, int messageBytesMax, int inFlightBytesMax, int idleTimeoutMs) {}

        static HelloOk read(FieldReader in) {
            return new HelloOk(
                    in.readShort() & 0xffff,
                    in.readLong(),
                    in.readUuid(),
                    in.readText(),
                    new Limits(in.readInt(), in.readInt(), in.readInt(), in.readInt()));
        }

        @Override
        public FrameType type() {
            return FrameType.HELLO_OK;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeShort(version).writeLong(features).writeUuid(clusterId).writeString(software);
            out.writeInt(limits.frameBytesMax).writeInt(limits.messageBytesMax);
            out.writeInt(limits.inFlightBytesMax).writeInt(limits.idleTimeoutMs);
        }
    }

    /** Keeps a silent connection open; either side may ask. */
    public record Ping() implements Frame {
        static Ping read(FieldReader in) {
            return new Ping();
        }

        @Override
        public FrameType type() {
            return FrameType.PING;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    public record Pong() implements Frame {
        static Pong read(FieldReader in) {
            return new Pong();
        }

        @Override
        public FrameType type() {
            return FrameType.PONG;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    /** The request succeeded and has nothing to tell. */
    public record Done() implements Frame {
        static Done read(FieldReader in) {
            return new Done();
        }

        @Override
        public FrameType type() {
            return FrameType.DONE;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    /**
     * The request failed; with request id 0 the connection itself is at fault and closes after this frame.
     *
     * @param code the fault's number
     * @param detail what happened, with the actual values; never null
     */
    public record Error(int code, String detail) implements Frame {
        static Error read(FieldReader in) {
            return new Error(in.readShort() & 0xffff, in.readText());
        }

        @Override
        public FrameType type() {
            return FrameType.ERROR;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeShort(code).writeString(detail);
        }
    }

    /** Asks for a producer id for idempotent publishing. */
    public record InitProducer() implements Frame {
        static InitProducer read(FieldReader in) {
            return new InitProducer();
        }

        @Override
        public FrameType type() {
            return FrameType.INIT_PRODUCER;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    public record ProducerReady(long producerId, short producerEpoch) implements Frame {
        static ProducerReady read(FieldReader in) {
            return new ProducerReady(in.readLong(), in.readShort());
        }

        @Override
        public FrameType type() {
            return FrameType.PRODUCER_READY;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeLong(producerId).writeShort(producerEpoch);
        }
    }

    /** Appends one or more record batches to one partition, all or nothing. Answered after the disk has them. */
    public record Publish(UUID topicId, int partition, ByteBuffer payload) implements Frame {
        static Publish read(FieldReader in) {
            return new Publish(in.readUuid(), in.readInt(), in.readRest());
        }

        @Override
        public FrameType type() {
            return FrameType.PUBLISH;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId).writeInt(partition);
        }
    }

    /**
     * The batches are on disk.
     *
     * @param baseOffset of the first record
     * @param appendTimeMs the broker's clock at append
     * @param duplicate true where the same batches had been appended before; the offset is that of the first time
     */
    public record Published(long baseOffset, long appendTimeMs, boolean duplicate) implements Frame {
        static Published read(FieldReader in) {
            return new Published(in.readLong(), in.readLong(), in.readBoolean());
        }

        @Override
        public FrameType type() {
            return FrameType.PUBLISHED;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeLong(baseOffset).writeLong(appendTimeMs).writeBoolean(duplicate);
        }
    }

    /** Starts a push of one partition; its request id names the subscription from then on. */
    public record Subscribe(UUID topicId, int partition, StartPosition start, int creditBytes) implements Frame {
        static Subscribe read(FieldReader in) {
            return new Subscribe(in.readUuid(), in.readInt(), StartPosition.read(in), in.readInt());
        }

        @Override
        public FrameType type() {
            return FrameType.SUBSCRIBE;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId).writeInt(partition);
            start.write(out);
            out.writeInt(creditBytes);
        }
    }

    /** Where the push starts, and the partition's bounds now. */
    public record Subscribed(long startOffset, long logStartOffset, long endOffset) implements Frame {
        static Subscribed read(FieldReader in) {
            return new Subscribed(in.readLong(), in.readLong(), in.readLong());
        }

        @Override
        public FrameType type() {
            return FrameType.SUBSCRIBED;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeLong(startOffset).writeLong(logStartOffset).writeLong(endOffset);
        }
    }

    /**
     * Record batches of a subscription. The payload's bytes are taken from the credit. The first batch may begin before
     * the wanted offset; the client skips those records.
     *
     * @param endOffset one past the last durable record, so that the client knows its lag
     */
    public record Deliver(long endOffset, ByteBuffer payload) implements Frame {
        static Deliver read(FieldReader in) {
            return new Deliver(in.readLong(), in.readRest());
        }

        @Override
        public FrameType type() {
            return FrameType.DELIVER;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeLong(endOffset);
        }
    }

    /** Lets the broker send so many bytes more. The request id is the subscription's. No answer. */
    public record Credit(int bytes) implements Frame {
        static Credit read(FieldReader in) {
            return new Credit(in.readInt());
        }

        @Override
        public FrameType type() {
            return FrameType.CREDIT;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeInt(bytes);
        }
    }

    /** Ends the subscription with this request id. Answered by DONE with the same id; no DELIVER follows it. */
    public record Unsubscribe() implements Frame {
        static Unsubscribe read(FieldReader in) {
            return new Unsubscribe();
        }

        @Override
        public FrameType type() {
            return FrameType.UNSUBSCRIBE;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    /** The broker ended a subscription: its topic was deleted, its offset expired, or its data is damaged. */
    public record SubscriptionEnded(int code, String detail) implements Frame {
        static SubscriptionEnded read(FieldReader in) {
            return new SubscriptionEnded(in.readShort() & 0xffff, in.readText());
        }

        @Override
        public FrameType type() {
            return FrameType.SUBSCRIPTION_ENDED;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeShort(code).writeString(detail);
        }
    }

    /** Asks what {@code millrace doctor} shows. */
    public record BrokerInfo() implements Frame {
        static BrokerInfo read(FieldReader in) {
            return new BrokerInfo();
        }

        @Override
        public FrameType type() {
            return FrameType.BROKER_INFO;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    /**
     * The broker about itself.
     *
     * @param nowMs its clock
     * @param properties name and value, in an order fit for display: version, jvm, durability, addresses, disk, ...
     */
    public record Broker(long nowMs, List<Property> properties) implements Frame {
        static Broker read(FieldReader in) {
            return new Broker(in.readLong(), in.readList(Property::read));
        }

        @Override
        public FrameType type() {
            return FrameType.BROKER;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeLong(nowMs).writeList(properties, Property::writeTo);
        }
    }
}
