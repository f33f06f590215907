package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
class MillraceExtensionTest {
    @Nested
    @ExtendWith(MillraceExtension.class)
    @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
    class OneForTheClass {
        private static String first;
        private static Path data;

        @Test
        @Order(1)
        void givesBroker(EmbeddedMillrace millrace) {
            first = millrace.address();
            data = millrace.dataDirectory();
            assertThat(first).startsWith("127.0.0.1:");
        }

        @Test
        @Order(2)
        void givesTheSameBrokerToTheNextTest(EmbeddedMillrace millrace) {
            assertThat(millrace.address()).isEqualTo(first);
            assertThat(data).isDirectory();
        }
    }

    @AfterAll
    static void dataGoesWithTheBroker() {
        assertThat(OneForTheClass.data == null || Files.notExists(OneForTheClass.data))
                .isTrue();
    }

    @Nested
    @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
    class OneForEachTest {
        private static Path first;

        @RegisterExtension
        private final MillraceExtension millrace = new MillraceExtension();

        @Test
        @Order(1)
        void startsOne() {
            first = millrace.broker().dataDirectory();
        }

        @Test
        @Order(2)
        void startsAnotherForTheNextTest() {
            assertThat(millrace.broker().dataDirectory()).isNotEqualTo(first);
            assertThat(first).doesNotExist();
        }
    }

    @Test
    void refusesBrokerOutsideOfATest() {
        assertThatThrownBy(() -> new MillraceExtension().broker()).isInstanceOf(IllegalStateException.class);
    }
}
