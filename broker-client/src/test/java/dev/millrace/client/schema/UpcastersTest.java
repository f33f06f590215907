package dev.millrace.client.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.schema.Upcasters.Event;
import dev.millrace.client.schema.Upcasters.UnknownNewer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events of old versions become what programs of today understand. Data are plain texts here. */
class UpcastersTest {
    private static final Upcasters<String> CHAIN = Upcasters.<String>builder()
            .step("Placed", 1, event -> event.next(event.data() + "+2"))
            .step(
                    "Placed",
                    2,
                    event -> event.next(event.data() + event.metadata().getOrDefault("unit", "+3")))
            .split(
                    "PaidAndShipped",
                    1,
                    event -> List.of(event.as("Paid", 1, event.data()), event.as("Shipped", 2, "s")))
            .step("Shipped", 1, event -> event.next("old"))
            .drop("Pinged", 1)
            .current("Paid", 1)
            .build();

    @TempDir
    Path fixtures;

    private static Event<String> event(String type, int version) {
        return new Event<>(type, version, "d", Map.of());
    }

    private static List<String> data(List<Event<String>> events) {
        return events.stream().map(Event::data).toList();
    }

    @Test
    void takesAllStepsFromWhereverTheEventIs() {
        assertThat(data(CHAIN.upcast(event("Placed", 1)))).containsExactly("d+2+3");
        assertThat(data(CHAIN.upcast(event("Placed", 2)))).containsExactly("d+3");
        assertThat(CHAIN.upcast(event("Placed", 3))).containsExactly(event("Placed", 3));
        assertThat(data(CHAIN.upcast(new Event<>("Placed", 2, "d", Map.of("unit", "EUR")))))
                .containsExactly("dEUR");
    }

    @Test
    void splitsDropsAndLeavesOthersAlone() {
        assertThat(CHAIN.upcast(event("PaidAndShipped", 1)))
                .extracting(Event::type)
                .containsExactly("Paid", "Shipped");
        assertThat(CHAIN.upcast(event("Pinged", 1))).isEmpty();
        assertThat(CHAIN.upcast(event("Unheard", 9))).containsExactly(event("Unheard", 9));
    }

    @Test
    void newerVersionsThanKnownFailAreSkippedOrHandedOn() {
        assertThatThrownBy(() -> CHAIN.upcast(event("Placed", 4)))
                .isInstanceOf(Upcasters.UnknownVersionException.class)
                .hasMessageContaining("version 4 and this program knows 3");
        Upcasters.Builder<String> builder = Upcasters.<String>builder().current("Placed", 3);
        assertThat(builder.unknownNewer(UnknownNewer.SKIP).build().upcast(event("Placed", 4)))
                .isEmpty();
        assertThat(builder.unknownNewer(UnknownNewer.RAW).build().upcast(event("Placed", 4)))
                .hasSize(1);
    }

    @Test
    void circlesAndDoubleStepsAreNamed() {
        Upcasters<String> circle = Upcasters.<String>builder()
                .step("A", 1, event -> event.as("B", 1, "x"))
                .step("B", 1, event -> event.as("A", 1, "x"))
                .build();
        assertThatThrownBy(() -> circle.upcast(event("A", 1))).hasMessageContaining("lead in a circle");
        assertThatThrownBy(() -> Upcasters.<String>builder().drop("A", 1).drop("A", 1))
                .hasMessageContaining("already");
    }

    @Test
    void testKitFeedsFixturesOfEveryVersion() throws Exception {
        store("Placed.v1.txt", "a");
        store("Placed.v1.expected.txt", "a+2+3");
        store("Placed.v2.gift.txt", "b");
        store("PaidAndShipped.v1.txt", "p");
        store("PaidAndShipped.v1.expected.txt", "p\ns");
        store("Pinged.v1.txt", "x");
        UpcasterTestKit<String> kit = UpcasterTestKit.of(CHAIN, text -> text);
        assertThatThrownBy(() -> kit.check(fixtures, text -> text.lines().toList()))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("no fixture")
                .hasMessageContaining("type=Shipped, version=1");
        store("Shipped.v1.txt", "y");
        assertThat(kit.check(fixtures, text -> text.lines().toList())).hasSize(5);
        store("Placed.v1.expected.txt", "something else");
        assertThatThrownBy(() -> kit.check(fixtures, text -> text.lines().toList()))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Placed.v1.txt became [a+2+3], expected is [something else]");
    }

    private void store(String name, String text) throws Exception {
        Files.writeString(fixtures.resolve(name), text);
    }
}
