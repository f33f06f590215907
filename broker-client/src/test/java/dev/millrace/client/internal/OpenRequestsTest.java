package dev.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.MillraceException;
import dev.millrace.core.wire.Frame;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class OpenRequestsTest {
    private final OpenRequests requests = new OpenRequests();

    private static final class Nobody implements AnswerHandler {
        @Override
        public void onFrame(Frame frame) {}

        @Override
        public void onLost(MillraceException cause) {}
    }

    @Test
    void findsEachRequestUntilItIsRemovedAndNoOther() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        Map<Integer, AnswerHandler> model = new HashMap<>();
        List<Integer> given = new ArrayList<>();
        for (int step = 0; step < 200_000; step++) {
            // Now more come, now more go; some stay for long, as subscriptions do.
            boolean grows = (step / 2_000) % 2 == 0;
            if (given.isEmpty() || random.nextInt(10) < (grows ? 6 : 4)) {
                AnswerHandler handler = new Nobody();
                int id = requests.add(handler);
                assertThat(id).as("seed %d", seed).isPositive();
                assertThat(model.put(id, handler))
                        .as("id %d given twice, seed %d", id, seed)
                        .isNull();
                given.add(id);
            } else {
                int index = random.nextInt(given.size());
                int id = given.get(index);
                given.set(index, given.get(given.size() - 1));
                given.remove(given.size() - 1);
                requests.remove(id);
                requests.remove(id);
                model.remove(id);
                assertThat(requests.get(id)).as("id %d, seed %d", id, seed).isNull();
            }
            int asked = 1 + random.nextInt(step + 2);
            assertThat(requests.get(asked)).as("id %d, seed %d", asked, seed).isSameAs(model.get(asked));
        }
        assertThat(requests.takeAll()).containsExactlyInAnyOrderElementsOf(model.values());
        assertThat(requests.takeAll()).isEmpty();
        given.forEach(id -> assertThat(requests.get(id)).isNull());
    }

    @Test
    void passesOverTheNumberOfARequestThatIsStillOpenWhenItsPlaceComesAgain() {
        AnswerHandler subscription = new Nobody();
        int kept = requests.add(subscription);
        for (int i = 0; i < 1_000; i++) {
            requests.remove(requests.add(new Nobody()));
        }
        assertThat(requests.get(kept)).isSameAs(subscription);
    }

    @Test
    void startsAgainAtOneAfterTheLargestNumber() {
        OpenRequests old = new OpenRequests(Integer.MAX_VALUE - 1);
        assertThat(old.add(new Nobody())).isEqualTo(Integer.MAX_VALUE);
        assertThat(old.add(new Nobody())).isEqualTo(1);
    }
}
