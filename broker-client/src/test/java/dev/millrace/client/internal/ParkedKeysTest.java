package dev.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.ParkedEvent;
import dev.millrace.client.Position;
import dev.millrace.client.StoredEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ParkedKeysTest {
    private final ParkedKeys keys = new ParkedKeys();

    private static StoredEvent event(String key, long offset) {
        byte[] bytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
        return new StoredEvent("orders", 0, offset, bytes, 0, 0, null, List.of());
    }

    @Test
    void aKeyIsParkedFromItsFirstFailureUntilTheLastOfItsEventsIsGone() {
        assertThat(keys.addBehind(event("a", 1))).isNull();
        ParkedEvent failed = keys.add(event("a", 1), "broken", 3);
        ParkedEvent behind = keys.addBehind(event("a", 2));
        assertThat(behind.error()).isNull();
        assertThat(keys.addBehind(event("b", 3))).isNull();
        keys.remove(failed);
        assertThat(keys.addBehind(event("a", 4))).isNotNull();
        keys.remove(behind);
        assertThat(keys.isParked(event("a", 5))).isTrue();
        keys.remove(keys.firstOf(behind).orElseThrow());
        assertThat(keys.isParked(event("a", 5))).isFalse();
        assertThat(keys.firstOf(behind)).isEmpty();
    }

    @Test
    void onlyWhatIsStoredIsListed() {
        ParkedEvent failed = keys.add(event("a", 1), "broken", 1);
        assertThat(keys.list()).isEmpty();
        assertThat(keys.isStored(failed)).isFalse();
        keys.stored(failed);
        assertThat(keys.list()).containsExactly(failed);
        assertThat(keys.find(new Position("orders", 0, 1))).contains(failed);
    }

    @Test
    void anEventThatComesAgainIsParkedOnce() {
        ParkedEvent failed = keys.add(event("a", 1), "broken", 1);
        keys.stored(failed);
        assertThat(keys.addBehind(event("a", 1))).isSameAs(failed);
        assertThat(keys.list()).hasSize(1);
    }

    @Test
    void eventsWithoutAKeyHoldUpNoOther() {
        keys.stored(keys.add(event(null, 1), "broken", 1));
        assertThat(keys.addBehind(event(null, 2))).isNull();
        assertThat(keys.addBehind(event("", 2))).isNull();
        assertThat(keys.firsts(null)).hasSize(1);
    }

    @Test
    void linesOfTheLogReadBackAsTheyWereWritten() {
        for (ParkedEvent event : List.of(
                new ParkedEvent(new Position("a.b", 7, 1L << 40), new byte[] {0, -1, 32}, "what: broke", 3, 17),
                new ParkedEvent(new Position("a", 0, 0), new byte[0], null, 0, 0),
                new ParkedEvent(new Position("a", 0, 0), null, "", 1, 0))) {
            ParkedEvent read = ProjectionLog.parse(
                    new String(ProjectionLog.parkedEvent(event).value(), StandardCharsets.UTF_8));
            assertThat(read).usingRecursiveComparison().isEqualTo(event);
        }
    }
}
