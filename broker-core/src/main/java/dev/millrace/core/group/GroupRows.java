package dev.millrace.core.group;

import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The rows of groups in {@link Table#GROUP}.
 *
 * <pre>
 * key                                             value, after a version byte (1)
 * 01 | length u16 | group                         generation i32, emptySinceMs i64 (-1 while it has members)
 * 02 | length u16 | group | memberId              instanceId, clientId, patterns, sessionTimeoutMs i32, epoch i32,
 *                                                 previousEpoch i32, away u8, fencedIds, held, target
 * 03 | length u16 | group | partition u32         offset i64, leaderEpoch i32, commitTimeMs i64, metadata
 * </pre>
 *
 * Lists and strings are as in {@link FieldWriter}; names are UTF-8.
 */
final class GroupRows {
    private static final int ROW_VERSION = 1;
    private static final int GROUP_PREFIX = 1;
    private static final int MEMBER_PREFIX = 2;
    private static final int OFFSET_PREFIX = 3;

    private GroupRows() {}

    /** Writes all that changed in the group since the last call. */
    static void write(Group group, WriteSink sink) {
        if (group.isHeadChanged()) {
            sink.put(Table.GROUP, groupKey(group.name()), groupValue(group));
        }
        for (String memberId : group.removedMemberIds()) {
            sink.delete(Table.GROUP, memberKey(group.name(), memberId));
        }
        for (Member member : group.changedMembers()) {
            sink.put(Table.GROUP, memberKey(group.name(), member.memberId), memberValue(member));
        }
        for (int partitionId : group.changedOffsets()) {
            CommittedOffset offset = group.offsets().get(partitionId);
            if (offset == null) {
                sink.delete(Table.GROUP, offsetKey(group.name(), partitionId));
            } else {
                sink.put(Table.GROUP, offsetKey(group.name(), partitionId), offsetValue(offset));
            }
        }
        group.changesStored();
    }

    /** Deletes every row of the group. */
    static void delete(Group group, WriteSink sink) {
        sink.delete(Table.GROUP, groupKey(group.name()));
        group.removedMemberIds().forEach(id -> sink.delete(Table.GROUP, memberKey(group.name(), id)));
        group.members().forEach(m -> sink.delete(Table.GROUP, memberKey(group.name(), m.memberId)));
        group.offsets().keySet().forEach(id -> sink.delete(Table.GROUP, offsetKey(group.name(), id)));
    }

    /** All groups as stored. Fails: {@link StoreException} with the key of a row that does not read well. */
    static SortedMap<String, Group> load(Store store) {
        TreeMap<String, Group> groups = new TreeMap<>();
        scan(store, GROUP_PREFIX, (key, value) -> {
            Group group = new Group(key.group, value.readInt(), value.readLong());
            groups.put(key.group, group);
        });
        scan(store, MEMBER_PREFIX, (key, value) -> ofKey(groups, key).restore(readMember(key.rest, value)));
        scan(
                store,
                OFFSET_PREFIX,
                (key, value) -> ofKey(groups, key)
                        .restoreOffset(ByteBuffer.wrap(key.rest).getInt(), readOffset(value)));
        return groups;
    }

    private static Group ofKey(TreeMap<String, Group> groups, Key key) {
        Group group = groups.get(key.group);
        if (group == null) {
            throw new IllegalArgumentException("group '" + key.group + "' has no row of its own");
        }
        return group;
    }

    private static void scan(Store store, int prefix, RowReader reader) {
        byte[] from = {(byte) prefix};
        byte[] to = {(byte) (prefix + 1)};
        store.scan(Table.GROUP, from, to, (key, value) -> {
            try {
                FieldReader in = new FieldReader(value);
                byte version = in.readByte();
                if (version != ROW_VERSION) {
                    throw new IllegalArgumentException("row version " + version + ", this broker knows " + ROW_VERSION);
                }
                reader.read(Key.parse(key), in);
            } catch (RuntimeException e) {
                throw new StoreException(
                        StoreException.Kind.DAMAGED,
                        "A row of table GROUP is damaged: key " + HexFormat.of().formatHex(key) + ": " + e.getMessage()
                                + ". Restore the data directory from a backup.",
                        e);
            }
            return true;
        });
    }

    private interface RowReader {
        void read(Key key, FieldReader value);
    }

    private record Key(String group, byte[] rest) {
        static Key parse(byte[] key) {
            ByteBuffer in = ByteBuffer.wrap(key, 1, key.length - 1);
            byte[] group = new byte[in.getShort() & 0xffff];
            in.get(group);
            byte[] rest = new byte[in.remaining()];
            in.get(rest);
            return new Key(new String(group, StandardCharsets.UTF_8), rest);
        }
    }

    static byte[] groupKey(String group) {
        return key(GROUP_PREFIX, group, new byte[0]);
    }

    static byte[] memberKey(String group, String memberId) {
        return key(MEMBER_PREFIX, group, memberId.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] offsetKey(String group, int partitionId) {
        return key(
                OFFSET_PREFIX, group, ByteBuffer.allocate(4).putInt(partitionId).array());
    }

    private static byte[] key(int prefix, String group, byte[] rest) {
        byte[] name = group.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(3 + name.length + rest.length)
                .put((byte) prefix)
                .putShort((short) name.length)
                .put(name)
                .put(rest)
                .array();
    }

    static byte[] groupValue(Group group) {
        return row().writeInt(group.generation())
                .writeLong(group.emptySinceMs())
                .toByteArray();
    }

    static byte[] memberValue(Member member) {
        return row().writeString(member.instanceId)
                .writeString(member.clientId)
                .writeList(member.patterns, (out, pattern) -> out.writeString(pattern.text()))
                .writeInt(member.sessionTimeoutMs)
                .writeInt(member.epoch)
                .writeInt(member.previousEpoch)
                .writeBoolean(member.away)
                .writeList(member.fencedIds, FieldWriter::writeString)
                .writeList(member.held.toList(), FieldWriter::writeInt)
                .writeList(member.target.toList(), FieldWriter::writeInt)
                .toByteArray();
    }

    private static Member readMember(byte[] memberId, FieldReader in) {
        Member member = new Member(new String(memberId, StandardCharsets.UTF_8), in.readString());
        member.clientId = in.readString();
        member.patterns = in.readList(r -> TopicPattern.of(r.readString()));
        member.sessionTimeoutMs = in.readInt();
        member.epoch = in.readInt();
        member.previousEpoch = in.readInt();
        member.away = in.readBoolean();
        member.fencedIds.addAll(in.readList(FieldReader::readString));
        member.held = PartitionSet.of(in.readList(FieldReader::readInt));
        member.target = PartitionSet.of(in.readList(FieldReader::readInt));
        return member;
    }

    static byte[] offsetValue(CommittedOffset offset) {
        return row().writeLong(offset.offset())
                .writeInt(offset.leaderEpoch())
                .writeLong(offset.commitTimeMs())
                .writeString(offset.metadata())
                .toByteArray();
    }

    private static CommittedOffset readOffset(FieldReader in) {
        return new CommittedOffset(in.readLong(), in.readInt(), in.readLong(), in.readString());
    }

    private static FieldWriter row() {
        return new FieldWriter().writeByte(ROW_VERSION);
    }
}
