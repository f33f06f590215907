package dev.millrace.core.wire;

import java.util.function.Function;

/**
 * The kinds of native frames and their numbers. Answers have the high bit set; numbers are never reused.
 *
 * <p>docs/PROTOCOL.md describes each byte by byte.
 */
public enum FrameType {
    HELLO(0x01, Frames.Hello::read),
    PING(0x02, Frames.Ping::read),
    INIT_PRODUCER(0x10, Frames.InitProducer::read),
    PUBLISH(0x11, Frames.Publish::read),
    SUBSCRIBE(0x20, Frames.Subscribe::read),
    CREDIT(0x21, Frames.Credit::read),
    UNSUBSCRIBE(0x22, Frames.Unsubscribe::read),
    JOIN_GROUP(0x30, GroupFrames.JoinGroup::read),
    HEARTBEAT(0x31, GroupFrames.Heartbeat::read),
    COMMIT_OFFSETS(0x32, GroupFrames.CommitOffsets::read),
    LEAVE_GROUP(0x33, GroupFrames.LeaveGroup::read),
    FETCH_OFFSETS(0x34, GroupFrames.FetchOffsets::read),
    LIST_GROUPS(0x35, GroupFrames.ListGroups::read),
    DESCRIBE_GROUP(0x36, GroupFrames.DescribeGroup::read),
    RESET_OFFSETS(0x37, GroupFrames.ResetOffsets::read),
    DELETE_GROUP(0x38, GroupFrames.DeleteGroup::read),
    FETCH_DELIVERY_STATE(0x39, DeadLetterFrames.FetchDeliveryState::read),
    BEGIN_DELIVERY(0x3A, DeadLetterFrames.BeginDelivery::read),
    PARK_RECORD(0x3B, DeadLetterFrames.ParkRecord::read),
    SETTLE_REPLAY(0x3C, DeadLetterFrames.SettleReplay::read),
    LIST_DEAD_LETTERS(0x3D, DeadLetterFrames.ListDeadLetters::read),
    MOVE_DEAD_LETTERS(0x3E, DeadLetterFrames.MoveDeadLetters::read),
    NOTE_FAILURE(0x3F, DeadLetterFrames.NoteFailure::read),
    CREATE_TOPIC(0x40, TopicFrames.CreateTopic::read),
    LIST_TOPICS(0x41, TopicFrames.ListTopics::read),
    DESCRIBE_TOPIC(0x42, TopicFrames.DescribeTopic::read),
    ALTER_TOPIC(0x43, TopicFrames.AlterTopic::read),
    DELETE_TOPIC(0x44, TopicFrames.DeleteTopic::read),
    FIND_OFFSET(0x45, TopicFrames.FindOffset::read),
    DELETE_BEFORE(0x46, TopicFrames.DeleteBefore::read),
    BROKER_INFO(0x50, Frames.BrokerInfo::read),
    CREATE_BACKUP(0x51, BackupFrames.CreateBackup::read),
    LIST_BACKUPS(0x52, BackupFrames.ListBackups::read),
    INIT_TRANSACTIONS(0x54, TransactionFrames.InitTransactions::read),
    TX_STAGE(0x55, TransactionFrames.TxStage::read),
    TX_COMMIT(0x56, TransactionFrames.TxCommit::read),
    TX_ABORT(0x57, TransactionFrames.TxAbort::read),
    SCHEDULE(0x5C, TimerFrames.Schedule::read),
    CANCEL_TIMER(0x5D, TimerFrames.CancelTimer::read),
    LIST_TIMERS(0x5E, TimerFrames.ListTimers::read),
    APPEND_EVENTS(0x60, StreamFrames.AppendEvents::read),
    READ_STREAM(0x61, StreamFrames.ReadStream::read),
    LATEST_EVENTS(0x62, StreamFrames.LatestEvents::read),
    LIST_STREAMS(0x63, StreamFrames.ListStreams::read),
    DESCRIBE_STREAM(0x64, StreamFrames.DescribeStream::read),
    LIMIT_STREAM(0x65, StreamFrames.LimitStream::read),
    DELETE_STREAM(0x66, StreamFrames.DeleteStream::read),
    ERASE_EVENTS(0x67, StreamFrames.EraseEvents::read),
    PUT_SNAPSHOT(0x68, StreamFrames.PutSnapshot::read),
    LOAD_STREAM(0x69, StreamFrames.LoadStream::read),
    SUBSCRIBE_FILTERED(0x6A, StreamFrames.SubscribeFiltered::read),
    FIND_EVENTS(0x6B, StreamFrames.FindEvents::read),
    FIND_CORRELATED(0x70, TraceFrames.FindCorrelated::read),
    FIND_RETRIES(0x71, TraceFrames.FindRetries::read),

    HELLO_OK(0x81, Frames.HelloOk::read),
    PONG(0x82, Frames.Pong::read),
    DONE(0x8E, Frames.Done::read),
    ERROR(0x8F, Frames.Error::read),
    PRODUCER_READY(0x90, Frames.ProducerReady::read),
    PUBLISHED(0x91, Frames.Published::read),
    SUBSCRIBED(0xA0, Frames.Subscribed::read),
    DELIVER(0xA1, Frames.Deliver::read),
    SUBSCRIPTION_ENDED(0xA2, Frames.SubscriptionEnded::read),
    GROUP_JOINED(0xB0, GroupFrames.GroupJoined::read),
    HEARTBEAT_OK(0xB1, GroupFrames.HeartbeatOk::read),
    OFFSETS_COMMITTED(0xB2, GroupFrames.OffsetsCommitted::read),
    ASSIGNMENT_PENDING(0xB3, GroupFrames.AssignmentPending::read),
    OFFSETS(0xB4, GroupFrames.Offsets::read),
    GROUPS(0xB5, GroupFrames.Groups::read),
    GROUP(0xB6, GroupFrames.Group::read),
    DELIVERY_STATES(0xB9, DeadLetterFrames.DeliveryStates::read),
    DELIVERY_BEGUN(0xBA, DeadLetterFrames.DeliveryBegun::read),
    RECORD_PARKED(0xBB, DeadLetterFrames.RecordParked::read),
    DEAD_LETTERS(0xBD, DeadLetterFrames.DeadLetters::read),
    DEAD_LETTERS_MOVED(0xBE, DeadLetterFrames.DeadLettersMoved::read),
    TOPICS(0xC1, TopicFrames.Topics::read),
    TOPIC(0xC2, TopicFrames.Topic::read),
    OFFSET_FOUND(0xC5, TopicFrames.OffsetFound::read),
    BROKER(0xD0, Frames.Broker::read),
    BACKUP(0xD1, BackupFrames.Backup::read),
    BACKUPS(0xD2, BackupFrames.Backups::read),
    TRANSACTIONS_READY(0xD4, TransactionFrames.TransactionsReady::read),
    TX_COMMITTED(0xD5, TransactionFrames.TxCommitted::read),
    SCHEDULED(0xDC, TimerFrames.Scheduled::read),
    TIMER_CANCELLED(0xDD, TimerFrames.TimerCancelled::read),
    TIMERS(0xDE, TimerFrames.Timers::read),
    EVENTS_APPENDED(0xE0, StreamFrames.EventsAppended::read),
    STREAM_EVENTS(0xE1, StreamFrames.StreamEvents::read),
    LATEST_PAGE(0xE2, StreamFrames.LatestPage::read),
    STREAMS_PAGE(0xE3, StreamFrames.StreamsPage::read),
    STREAM(0xE4, StreamFrames.Stream::read),
    CHECKPOINT(0xE6, StreamFrames.Checkpoint::read),
    EVENTS_FOUND(0xE7, StreamFrames.EventsFound::read),
    CORRELATED(0xF0, TraceFrames.Correlated::read),
    RETRIES(0xF1, TraceFrames.Retries::read);

    private static final FrameType[] BY_ID = new FrameType[256];

    static {
        for (FrameType type : values()) {
            BY_ID[type.id] = type;
        }
    }

    private final int id;
    private final Function<FieldReader, Frame> reader;

    FrameType(int id, Function<FieldReader, Frame> reader) {
        this.id = id;
        this.reader = reader;
    }

    /** The byte on the wire, 0..255. */
    public int id() {
        return id;
    }

    /** The type with this byte, or null for one of a newer version. */
    public static FrameType ofId(int id) {
        return BY_ID[id & 0xff];
    }

    Frame read(FieldReader in) {
        return reader.apply(in);
    }
}
