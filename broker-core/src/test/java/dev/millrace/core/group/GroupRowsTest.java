package dev.millrace.core.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.Table;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The rows of groups lie on users' disks: their bytes do not change within a version. */
class GroupRowsTest {
    private final GroupWorld world = new GroupWorld();

    @Test
    void rowsKeepTheirBytes() {
        world.nowMs = 0x1234;
        world.topics.add("a", 2);
        world.joinStatic("m1", "i", "a");
        Assignment m2 = world.joinStatic("m2", "i", "a");
        world.commit(m2, 2, 42);

        assertThat(world.rows())
                .containsExactlyEntriesOf(new TreeMap<>(Map.of(
                        hex("01 0001 67"),
                        hex("01 00000001 ffffffffffffffff"),
                        hex("02 0001 67 6d32"),
                        hex("01 0000000169 00000006636c69656e74 00000001 0000000161 00002710 00000001 00000001 00"
                                + "00000001 000000026d31 00000002 00000001 00000002 00000002 00000001 00000002"),
                        hex("03 0001 67 00000002"),
                        hex("01 000000000000002a 00000003 0000000000001234 000000046e6f7465"))));
    }

    @Test
    void namesThatAreBeginningsOfOthersAreKeptApart() {
        world.topics.add("a", 1);
        for (String name : new String[] {"g", "gg", "ggg"}) {
            GroupWorld.done(world.tryJoin(name, "g", null, "a"));
            GroupWorld.done(world.tryJoin(name, "gg", null, "a"));
        }
        world.restart();
        assertThat(world.groups.list())
                .extracting(GroupSummary::group, GroupSummary::memberCount)
                .containsExactly(tuple("g", 2), tuple("gg", 2), tuple("ggg", 2));
    }

    @Test
    void damagedRowsAreNamed() {
        assertDamaged("01 0001 67", "02 00000001 ffffffffffffffff", "row version 2");
        assertDamaged("01 0001 67", "01 0000", "2");
        assertDamaged("02 0001 67 6d", "01 00", "no row of its own");
        assertDamaged("03 0001 67 00000002", "01 000000000000002a 00000003 0000000000001234 00000000", "no row");
        assertDamaged("03 0009 67", "01", "");
    }

    private void assertDamaged(String key, String value, String reason) {
        GroupWorld damaged = new GroupWorld();
        damaged.change(sink -> {
            sink.put(
                    Table.GROUP,
                    HexFormat.of().parseHex(hex(key)),
                    HexFormat.of().parseHex(hex(value)));
            return null;
        });
        assertThatThrownBy(damaged::restart)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.DAMAGED))
                .hasMessageContaining(hex(key))
                .hasMessageContaining(reason);
    }

    private static String hex(String spaced) {
        return spaced.replace(" ", "");
    }
}
