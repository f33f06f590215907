package dev.millrace.server.protocol.wire;

import dev.millrace.core.Broker;
import dev.millrace.core.LogOperations;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.wire.BackupFrames;
import dev.millrace.core.wire.DeadLetterFrames;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.FrameType;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.GroupFrames;
import dev.millrace.core.wire.StreamFrames;
import dev.millrace.core.wire.TimerFrames;
import dev.millrace.core.wire.TopicFrames;
import dev.millrace.core.wire.TransactionFrames;
import java.util.concurrent.CompletableFuture;

/** Sends each request to the part of the broker that answers it. Thread: any. */
final class RequestRouter {
    private final LogOperations logs;
    private final TopicRequests topics;
    private final GroupRequests groups;
    private final DeadLetterRequests deadLetters;
    private final BackupRequests backups;
    private final TimerRequests timers;
    private final StreamRequests streams;
    private final TraceRequests traces;
    private final WireOptions options;

    RequestRouter(Broker broker, WireOptions options, MemberRegistry members) {
        this.logs = broker.logs();
        this.topics = new TopicRequests(broker);
        this.groups = new GroupRequests(broker, members);
        this.deadLetters = new DeadLetterRequests(broker.deadLetters());
        this.backups = new BackupRequests(broker.backups());
        this.timers = new TimerRequests(broker);
        this.streams = new StreamRequests(broker.streams(), options.limits().frameBytesMax());
        this.traces = new TraceRequests(broker);
        this.options = options;
    }

    static boolean isRequest(FrameType type) {
        return type.id() < 0x80;
    }

    /** For {@link PublishBurst}, which takes the requests that are not handled here. */
    LogOperations logs() {
        return logs;
    }

    /**
     * The future may complete on any thread, with null where the request has no answer of its own.
     *
     * <p>Fails: also by throwing.
     */
    CompletableFuture<Frame> handle(int requestId, Frame frame, WireConnection connection) {
        return switch (frame.type()) {
            case PING -> done(new Frames.Pong());
            case INIT_PRODUCER -> initProducer();
            case SUBSCRIBE -> connection.subscriptions().subscribe(requestId, (Frames.Subscribe) frame);
            case CREDIT -> credit(requestId, (Frames.Credit) frame, connection);
            case UNSUBSCRIBE -> unsubscribe(requestId, connection);
            case JOIN_GROUP -> groups.join((GroupFrames.JoinGroup) frame, connection);
            case HEARTBEAT -> groups.heartbeat((GroupFrames.Heartbeat) frame, connection);
            case COMMIT_OFFSETS -> groups.commit((GroupFrames.CommitOffsets) frame);
            case LEAVE_GROUP -> groups.leave((GroupFrames.LeaveGroup) frame, connection);
            case FETCH_OFFSETS -> groups.fetch((GroupFrames.FetchOffsets) frame);
            case LIST_GROUPS -> groups.list();
            case DESCRIBE_GROUP -> groups.describe((GroupFrames.DescribeGroup) frame);
            case RESET_OFFSETS -> groups.reset((GroupFrames.ResetOffsets) frame);
            case DELETE_GROUP -> groups.delete((GroupFrames.DeleteGroup) frame);
            case FETCH_DELIVERY_STATE -> deadLetters.deliveryState((DeadLetterFrames.FetchDeliveryState) frame);
            case BEGIN_DELIVERY -> deadLetters.begin((DeadLetterFrames.BeginDelivery) frame);
            case NOTE_FAILURE -> deadLetters.noteFailure((DeadLetterFrames.NoteFailure) frame);
            case PARK_RECORD -> deadLetters.park((DeadLetterFrames.ParkRecord) frame);
            case SETTLE_REPLAY -> deadLetters.settle((DeadLetterFrames.SettleReplay) frame);
            case LIST_DEAD_LETTERS -> deadLetters.list((DeadLetterFrames.ListDeadLetters) frame);
            case MOVE_DEAD_LETTERS -> deadLetters.move((DeadLetterFrames.MoveDeadLetters) frame);
            case CREATE_TOPIC -> topics.create((TopicFrames.CreateTopic) frame);
            case LIST_TOPICS -> done(topics.list((TopicFrames.ListTopics) frame));
            case DESCRIBE_TOPIC -> done(topics.describe((TopicFrames.DescribeTopic) frame));
            case ALTER_TOPIC -> topics.alter((TopicFrames.AlterTopic) frame);
            case DELETE_TOPIC -> topics.delete((TopicFrames.DeleteTopic) frame);
            case FIND_OFFSET -> topics.findOffset((TopicFrames.FindOffset) frame);
            case DELETE_BEFORE -> topics.deleteBefore((TopicFrames.DeleteBefore) frame);
            case BROKER_INFO ->
                done(new Frames.Broker(options.clock().nowMs(), options.facts().get()));
            case CREATE_BACKUP -> backups.create((BackupFrames.CreateBackup) frame);
            case LIST_BACKUPS -> backups.list();
            case INIT_TRANSACTIONS -> connection.transactions().init((TransactionFrames.InitTransactions) frame);
            case TX_STAGE -> connection.transactions().stage((TransactionFrames.TxStage) frame);
            case TX_COMMIT -> connection.transactions().commit((TransactionFrames.TxCommit) frame);
            case TX_ABORT -> connection.transactions().abort((TransactionFrames.TxAbort) frame);
            case SCHEDULE -> timers.schedule((TimerFrames.Schedule) frame);
            case CANCEL_TIMER -> timers.cancel((TimerFrames.CancelTimer) frame);
            case LIST_TIMERS -> timers.list((TimerFrames.ListTimers) frame);
            case APPEND_EVENTS,
                    READ_STREAM,
                    LATEST_EVENTS,
                    LIST_STREAMS,
                    DESCRIBE_STREAM,
                    LIMIT_STREAM,
                    DELETE_STREAM,
                    ERASE_EVENTS,
                    PUT_SNAPSHOT,
                    LOAD_STREAM,
                    FIND_EVENTS -> streams.handle(frame);
            case SUBSCRIBE_FILTERED ->
                connection.subscriptions().subscribe(requestId, (StreamFrames.SubscribeFiltered) frame);
            case FIND_CORRELATED, FIND_RETRIES -> traces.handle(frame);
            case HELLO -> throw new FaultException(Fault.INVALID_REQUEST, "HELLO was said already");
            default -> throw new FaultException(Fault.INVALID_REQUEST, frame.type() + " is said by brokers only");
        };
    }

    private CompletableFuture<Frame> initProducer() {
        return logs.initProducer().thenApply(made -> new Frames.ProducerReady(made.producerId(), made.producerEpoch()));
    }

    private static CompletableFuture<Frame> unsubscribe(int requestId, WireConnection connection) {
        connection.subscriptions().unsubscribe(requestId);
        return done(new Frames.Done());
    }

    private static CompletableFuture<Frame> credit(int requestId, Frames.Credit credit, WireConnection connection) {
        connection.subscriptions().credit(requestId, credit.bytes());
        return done(null);
    }

    private static CompletableFuture<Frame> done(Frame answer) {
        return CompletableFuture.completedFuture(answer);
    }
}
