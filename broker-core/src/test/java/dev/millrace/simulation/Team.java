package dev.millrace.simulation;

import dev.millrace.core.group.GroupDescription;
import dev.millrace.history.Property;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The members of one consumer group, and who was given which partition last. */
final class Team {
    private static final int MEMBERS_MAX = 4;
    private static final String[] PATTERNS = {">", ">", "a", "t.*", "t.>", "*.a"};

    final String group;
    private final World world;
    private final List<Member> members = new ArrayList<>();
    private final Map<Integer, Member> owners = new TreeMap<>();
    private int memberCount;
    /** The group's offsets are being reset: nobody may join. */
    private boolean closed;

    Team(World world, String group) {
        this.world = world;
        this.group = group;
    }

    /** A new member begins, with a place of its own or without, for some topics or for all. */
    void hireAnyone() {
        String instanceId = world.random.nextInt(3) == 0 ? group + "-host-" + world.random.nextInt(3) : null;
        List<String> patterns = new ArrayList<>(List.of(PATTERNS[world.random.nextInt(PATTERNS.length)]));
        if (world.random.nextInt(3) == 0) {
            patterns.add(PATTERNS[world.random.nextInt(PATTERNS.length)]);
        }
        hire(instanceId, patterns);
    }

    private void hire(String instanceId, List<String> patterns) {
        Member member = new Member(world, this, new Member.Role(group + "-m" + memberCount++, instanceId, patterns));
        members.add(member);
        member.start();
    }

    /** One member does what members do: goes silent, dies, leaves; or one more comes. */
    void change() {
        int dice = world.random.nextInt(10);
        if (closed) {
            return;
        }
        if (members.isEmpty() || (dice < 3 && members.size() < MEMBERS_MAX)) {
            hireAnyone();
            return;
        }
        Member member = members.get(world.random.nextInt(members.size()));
        if (dice < 7) {
            member.fallSilent(world.random.nextInt(2500) * (long) member.sessionMs());
        } else if (dice < 8) {
            member.die();
        } else {
            member.leave();
        }
    }

    /** Everyone leaves, and nobody comes until {@link #open}. */
    void close() {
        closed = true;
        List.copyOf(members).forEach(Member::leave);
    }

    void open() {
        closed = false;
        hireAnyone();
    }

    /** The last fault is over: there is somebody for every topic. */
    void heal() {
        hire(null, List.of(">"));
    }

    String unfinished() {
        for (Member member : members) {
            String what = member.unfinished();
            if (what != null) {
                return what;
            }
        }
        return null;
    }

    List<Member> members() {
        return members;
    }

    void remove(Member member) {
        members.remove(member);
    }

    boolean isClosed() {
        return closed;
    }

    /** A member was told to work on a partition: nobody may do so still whom the broker counts as a member. */
    void granted(int partitionId, Member to) {
        if (!isKnown(to)) {
            // The answer is older than what the broker has done since.
            owners.remove(partitionId);
            return;
        }
        for (Member other : members) {
            if (other != to && other.worksOn(partitionId) && isKnown(other)) {
                world.history.report(
                        Property.DURABLE_COMMIT,
                        to.memberId() + " was given partition " + partitionId + " while " + other.memberId()
                                + " works on it");
            }
        }
        owners.put(partitionId, to);
    }

    /** A partition that another member was given last and works on; -1 where there is none. */
    int somebodyElses(Member member) {
        return owners.entrySet().stream()
                .filter(owner -> owner.getValue() != member && owner.getValue().worksOn(owner.getKey()))
                .filter(owner -> isKnown(owner.getValue()))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(-1);
    }

    /** True where somebody else was given the partition since this member was. */
    boolean isLost(int partitionId, Member member) {
        Member owner = owners.get(partitionId);
        return owner != null && owner != member;
    }

    private boolean isKnown(Member member) {
        Shard shard = world.server.shard();
        return shard != null
                && shard.machine.groups().describe(group).stream()
                        .flatMap(found -> found.members().stream())
                        .filter(found -> !found.away())
                        .map(GroupDescription.MemberDescription::memberId)
                        .anyMatch(member.memberId()::equals);
    }
}
