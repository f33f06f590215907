package dev.millrace.core.wire;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** At least one frame of every type, with each kind of field filled and empty. */
final class FrameSamples {
    private static final UUID TOPIC_ID = new UUID(0x0123456789abcdefL, 0xfedcba9876543210L);
    private static final List<Property> SETTINGS =
            List.of(new Property("retention", "7d"), new Property("bytes", null));
    private static final List<GroupFrames.PartitionRef> REFS =
            List.of(new GroupFrames.PartitionRef(TOPIC_ID, 0), new GroupFrames.PartitionRef(TOPIC_ID, 7));
    private static final List<GroupFrames.PartitionOffset> OFFSETS = List.of(
            new GroupFrames.PartitionOffset(TOPIC_ID, 1, 4711, "note"),
            new GroupFrames.PartitionOffset(TOPIC_ID, 2, -1, null));
    private static final List<GroupFrames.AssignedPartition> ASSIGNMENT =
            List.of(new GroupFrames.AssignedPartition("orders", TOPIC_ID, 3, 17));
    private static final TopicFrames.TopicInfo TOPIC = new TopicFrames.TopicInfo(
            "orders", TOPIC_ID, SETTINGS, List.of(new TopicFrames.PartitionInfo(0, 5, 99, 1 << 20)));

    private static final BackupFrames.BackupInfo BACKUP = new BackupFrames.BackupInfo(
            "nightly", "/backups/nightly", "2026-11-24T02:00:00Z", "0.1.0", 4711, 12, 1L << 40);

    private FrameSamples() {}

    static List<Frame> all() {
        return Stream.of(
                        connection(),
                        publishing(),
                        groups(),
                        groupAnswers(),
                        deadLetters(),
                        topics(),
                        transactions(),
                        timers(),
                        streams(),
                        streamAnswers(),
                        traces())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Frame> connection() {
        return List.of(
                new Frames.Hello(1, 3, 5L, "cl\u00efent", "java"),
                new Frames.HelloOk(
                        1, 0, TOPIC_ID, "millrace", new Frames.HelloOk.Limits(1 << 24, 1 << 20, 1 << 26, 60_000)),
                new Frames.Ping(),
                new Frames.Pong(),
                new Frames.Done(),
                new Frames.Error(2001, "topic 'x' does not exist"),
                new Frames.BrokerInfo(),
                new Frames.Broker(1_700_000_000_000L, SETTINGS),
                new BackupFrames.CreateBackup("nightly"),
                new BackupFrames.CreateBackup(null),
                new BackupFrames.ListBackups(),
                new BackupFrames.Backup(BACKUP),
                new BackupFrames.Backups(List.of(BACKUP)),
                new BackupFrames.Backups(List.of()));
    }

    private static List<Frame> transactions() {
        TransactionFrames.TransactionRef ref = new TransactionFrames.TransactionRef("billing", 7, 2, 41);
        NewTimer timer = new NewTimer(TOPIC_ID, 3, -1, 60_000, null, ByteBuffer.wrap(new byte[] {4, 5}));
        return List.of(
                new TransactionFrames.InitTransactions("billing", -1),
                new TransactionFrames.TransactionsReady(7, 2),
                new TransactionFrames.TxStage(
                        ref,
                        List.of(
                                new Operation.Append(TOPIC_ID, 1, ByteBuffer.wrap(new byte[] {1, 2, 3})),
                                new Operation.CommitOffsets("g", "m-1", 4, OFFSETS),
                                new Operation.Schedule(timer),
                                new Operation.CancelTimer(new TimerRef(TOPIC_ID, "o-17", 0, 0)),
                                new Operation.AppendEvents(
                                        TOPIC_ID,
                                        1,
                                        List.of(new StreamFrames.Check(new byte[] {7}, -2)),
                                        ByteBuffer.wrap(new byte[] {1, 2, 3})))),
                new TransactionFrames.TxCommit(ref, 5),
                new TransactionFrames.TxCommitted(
                        1_700_000_000_000L,
                        true,
                        List.of(
                                new OperationResult.Appended(99),
                                new OperationResult.Committed(),
                                new OperationResult.Scheduled(1_700_000_060_000L, 5, true),
                                new OperationResult.Cancelled(false),
                                new OperationResult.EventsAppended(5, 6, List.of(2L, 3L), true))),
                new TransactionFrames.TxAbort(ref));
    }

    private static List<Frame> timers() {
        NewTimer timer = new NewTimer(TOPIC_ID, 3, 1_700_000_060_000L, -1, "o-17", ByteBuffer.wrap(new byte[] {4, 5}));
        return List.of(
                new TimerFrames.Schedule(7, 0, List.of(timer)),
                new TimerFrames.Scheduled(false, List.of(new OperationResult.Refused(2001, "topic is gone"))),
                new TimerFrames.CancelTimer(new TimerRef(TOPIC_ID, null, 1_700_000_060_000L, 5)),
                new TimerFrames.TimerCancelled(true),
                new TimerFrames.ListTimers(null, 0, 0, 100),
                new TimerFrames.ListTimers(TOPIC_ID, 1, 2, 3),
                new TimerFrames.Timers(
                        List.of(new TimerFrames.TimerInfo(TOPIC_ID, "orders", 3, 1_700_000_060_000L, 5, null, 70)),
                        -1,
                        -1));
    }

    private static List<Frame> traces() {
        TraceFrames.Place place = new TraceFrames.Place("orders", 3, 4711);
        return List.of(
                new TraceFrames.FindCorrelated("process-7", place, 100),
                new TraceFrames.Correlated(
                        List.of(
                                new TraceFrames.Found(
                                        place,
                                        1_700_000_000_000L,
                                        new byte[] {7},
                                        12,
                                        List.of(new StreamFrames.Header("$type", new byte[] {1}))),
                                new TraceFrames.Found(place, 0, null, -1, List.of())),
                        true,
                        place),
                new TraceFrames.FindRetries(List.of(new TraceFrames.Asked(place, -7), new TraceFrames.Asked(place, 0))),
                new TraceFrames.Retries(
                        2,
                        List.of(
                                new TraceFrames.Retry(place, "mail", 1, 5, "x.Y: no", 1, 1_700_000_000_000L, false),
                                new TraceFrames.Retry(place, "stock", 2, 0, "", -1, -1, true))));
    }

    private static List<Frame> publishing() {
        return List.of(
                new Frames.InitProducer(),
                new Frames.ProducerReady(Long.MAX_VALUE, Short.MIN_VALUE),
                new Frames.Publish(TOPIC_ID, 3, ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5})),
                new Frames.Publish(TOPIC_ID, 3, Frame.NO_PAYLOAD),
                new Frames.Published(17, 1_700_000_000_000L, true),
                new Frames.Subscribe(TOPIC_ID, 1, StartPosition.EARLIEST, 4 << 20),
                new Frames.Subscribe(TOPIC_ID, 1, StartPosition.LATEST, 0),
                new Frames.Subscribe(TOPIC_ID, 1, StartPosition.offset(17), 1),
                new Frames.Subscribe(TOPIC_ID, 1, StartPosition.time(1_700_000_000_000L), 1),
                new Frames.Subscribed(1, 0, 99),
                new Frames.Deliver(99, ByteBuffer.wrap(new byte[] {9, 8, 7})),
                new Frames.Credit(65_536),
                new Frames.Unsubscribe(),
                new Frames.SubscriptionEnded(2006, ""));
    }

    private static List<Frame> groups() {
        return List.of(
                new GroupFrames.JoinGroup("g", "", null, "client", List.of("orders.*", "x"), 0),
                new GroupFrames.JoinGroup("g", "m-1", "static-1", "", List.of(), 30_000),
                new GroupFrames.Heartbeat("g", "m-1", 4, REFS),
                new GroupFrames.CommitOffsets("g", "m-1", 4, OFFSETS),
                new GroupFrames.LeaveGroup("g", "m-1", true),
                new GroupFrames.FetchOffsets("g", List.of()),
                new GroupFrames.ListGroups(),
                new GroupFrames.DescribeGroup("g"),
                new GroupFrames.ResetOffsets("g", "orders", REFS, StartPosition.time(5), true),
                new GroupFrames.DeleteGroup("g"));
    }

    private static List<Frame> groupAnswers() {
        return List.of(
                new GroupFrames.GroupJoined("m-1", 4, 3000, ASSIGNMENT),
                new GroupFrames.HeartbeatOk(5, List.of()),
                new GroupFrames.OffsetsCommitted(List.of(
                        new GroupFrames.PartitionResult(TOPIC_ID, 1, 0, null),
                        new GroupFrames.PartitionResult(TOPIC_ID, 2, 4005, "not yours"))),
                new GroupFrames.AssignmentPending("g", "m-1"),
                new GroupFrames.Offsets(OFFSETS),
                new GroupFrames.Groups(List.of(new GroupFrames.GroupSummary("g", "stable", 3, 17, 250))),
                new GroupFrames.Group(
                        "g",
                        "reconciling",
                        7,
                        List.of(new GroupFrames.GroupMember(
                                "m-1", null, "client", 7, List.of(new GroupFrames.TopicPartition("orders", 0)))),
                        List.of(new GroupFrames.GroupPartition("orders", TOPIC_ID, 0, 5, 99, 94, 1000, null))));
    }

    private static List<Frame> deadLetters() {
        DeadLetterFrames.Claim claim = new DeadLetterFrames.Claim("g", "m-1", 4, TOPIC_ID, 3, 17);
        DeadLetterFrames.Place place = new DeadLetterFrames.Place("orders", 3, 17);
        ByteBuffer key = ByteBuffer.wrap(new byte[] {1, 2});
        DeadLetterFrames.Selection some = new DeadLetterFrames.Selection("g", "orders", true, key, List.of(place));
        DeadLetterFrames.Selection all = new DeadLetterFrames.Selection(null, null, false, Frame.NO_PAYLOAD, List.of());
        return List.of(
                new DeadLetterFrames.FetchDeliveryState("g", REFS),
                new DeadLetterFrames.DeliveryStates(
                        List.of(new DeadLetterFrames.DeliveryState(TOPIC_ID, 3, 18, List.of(5L, -7L)))),
                new DeadLetterFrames.BeginDelivery(claim, -7, 2, 1_700_000_000_000L),
                new DeadLetterFrames.DeliveryBegun(DeadLetterFrames.BLOCKED, 2, -1),
                new DeadLetterFrames.ParkRecord(claim, null, true, "rejected", "x.Y", "no", 3, 1, 2),
                new DeadLetterFrames.ParkRecord(claim, "graves", false, "handler-error", "", "", 3, 1, 2),
                new DeadLetterFrames.RecordParked(DeadLetterFrames.PARKED, "orders.dlq", 3, 5),
                new DeadLetterFrames.NoteFailure(claim, 1, 5, 1_700_000_000_000L, "x.Y: no", 200),
                new DeadLetterFrames.SettleReplay(claim),
                new DeadLetterFrames.ListDeadLetters(some, 10, 100, true, true),
                new DeadLetterFrames.ListDeadLetters(all, 0, 0, false, false),
                new DeadLetterFrames.DeadLetters(
                        2,
                        List.of(new DeadLetterFrames.DeadLetter(
                                "g", place, "parked", key, "rejected", "x.Y: no", 3, 1, 2, place, 5, "by me", key))),
                new DeadLetterFrames.MoveDeadLetters(some, false, "edited", key),
                new DeadLetterFrames.MoveDeadLetters(all, true, "closed", null),
                new DeadLetterFrames.DeadLettersMoved(
                        4, 1, List.of(new DeadLetterFrames.Skipped(place, "it is not parked"))));
    }

    private static List<Frame> topics() {
        return List.of(
                new TopicFrames.CreateTopic("orders", 8, SETTINGS),
                new TopicFrames.ListTopics(">"),
                new TopicFrames.Topics(List.of(TOPIC, TOPIC)),
                new TopicFrames.DescribeTopic("orders"),
                new TopicFrames.Topic(TOPIC),
                new TopicFrames.AlterTopic("orders", 0, List.of()),
                new TopicFrames.DeleteTopic("orders"),
                new TopicFrames.FindOffset(TOPIC_ID, 0, StartPosition.time(1)),
                new TopicFrames.OffsetFound(17, -1),
                new TopicFrames.DeleteBefore(TOPIC_ID, 0, 17));
    }

    private static final byte[] KEY = {1, 2, 3};
    private static final EventQuery QUERY = EventQuery.of(
            new EventQuery.Item(List.of("A"), List.of()), new EventQuery.Item(List.of(), List.of("t", "u")));
    private static final StreamFrames.AsOf AS_OF = new StreamFrames.AsOf((byte) 2, 1_700_000_000_000L);
    private static final StreamFrames.Cursor CURSOR = new StreamFrames.Cursor(KEY, 99);
    private static final StreamFrames.Event EVENT = new StreamFrames.Event(
            17,
            1_700_000_000_000L,
            KEY,
            null,
            List.of(new StreamFrames.Header("$version", new byte[8]), new StreamFrames.Header("x", null)));
    private static final StreamFrames.StreamInfo STREAM =
            new StreamFrames.StreamInfo(KEY, "live", 1, 5, 99, 1_700_000_000_000L, 3, 4, 5, 6);

    private static List<Frame> streams() {
        return List.of(
                new StreamFrames.AppendEvents(
                        TOPIC_ID,
                        1,
                        List.of(new StreamFrames.Check(KEY, -1)),
                        QUERY,
                        17,
                        EventQuery.everything(),
                        ByteBuffer.wrap(new byte[] {1, 2})),
                new StreamFrames.AppendEvents(TOPIC_ID, 1, List.of(), null, -1, null, Frame.NO_PAYLOAD),
                new StreamFrames.ReadStream(TOPIC_ID, 1, KEY, -1, true, 10, 1000, AS_OF),
                new StreamFrames.LoadStream(TOPIC_ID, 1, KEY, "v1", 0, 10, 1000, AS_OF),
                new StreamFrames.PutSnapshot(TOPIC_ID, 1, KEY, 4, "v1", new byte[] {9}),
                new StreamFrames.LatestEvents(TOPIC_ID, 1, KEY, AS_OF, CURSOR, 10),
                new StreamFrames.ListStreams(TOPIC_ID, 1, KEY, new StreamFrames.Cursor(null, -1), 10),
                new StreamFrames.DescribeStream(TOPIC_ID, 1, KEY),
                new StreamFrames.LimitStream(TOPIC_ID, 1, KEY, 4, -1, 1000),
                new StreamFrames.DeleteStream(TOPIC_ID, 1, KEY, -2, true),
                new StreamFrames.EraseEvents(TOPIC_ID, 1, KEY, 0, Long.MAX_VALUE),
                new StreamFrames.FindEvents(TOPIC_ID, 1, QUERY, 0, 10),
                new StreamFrames.SubscribeFiltered(TOPIC_ID, 1, StartPosition.EARLIEST, 1000, KEY, null, QUERY),
                new StreamFrames.SubscribeFiltered(TOPIC_ID, 1, StartPosition.LATEST, 1000, null, KEY, null));
    }

    private static List<Frame> streamAnswers() {
        return List.of(
                new StreamFrames.EventsAppended(
                        (byte) 0, new long[] {4, 5}, 17, 18, 1_700_000_000_000L, List.of(), false, -1, new long[0]),
                new StreamFrames.EventsAppended(
                        (byte) 2,
                        new long[0],
                        -1,
                        -1,
                        -1,
                        List.of(new StreamFrames.FailedCheck(KEY, -1, 7, false)),
                        true,
                        1,
                        new long[] {3}),
                new StreamFrames.StreamEvents(List.of(EVENT), 0, 5, 99, true, false, 4, 5, new byte[] {9}),
                new StreamFrames.StreamEvents(List.of(), 0, -1, 99, true, true, -1, -1, null),
                new StreamFrames.LatestPage(List.of(EVENT), true, CURSOR),
                new StreamFrames.StreamsPage(List.of(STREAM), false, CURSOR),
                new StreamFrames.Stream(STREAM),
                new StreamFrames.EventsFound(List.of(EVENT), 18, 99),
                new StreamFrames.Checkpoint((byte) 1, 99, 99));
    }
}
