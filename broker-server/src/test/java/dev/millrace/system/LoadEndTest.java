package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.history.History;
import dev.millrace.history.Property;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** A client that hangs does not hang the test, and is told of. */
class LoadEndTest {
    private final History history = new History();

    @Test
    void reportsAThreadThatDoesNotEnd() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        Thread hanging = new Thread(
                () -> {
                    try {
                        release.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "hanging");
        hanging.start();
        LoadEnd.await(hanging, history, 10);
        assertThat(history.violations()).singleElement().satisfies(violation -> {
            assertThat(violation.property()).isEqualTo(Property.PROGRESS);
            assertThat(violation.text()).startsWith("hanging has not ended");
        });
        release.countDown();
        LoadEnd.await(hanging, history);
        assertThat(history.violations()).hasSize(1);
    }
}
