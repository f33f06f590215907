package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TopicTrafficTest {
    @Test
    void countersOfDeletedTopicsAreBoundedAndThoseOfLivingOnesNeverFall() {
        TopicTraffic traffic = new TopicTraffic(name -> name.startsWith("living"));
        for (int i = 0; i < 3; i++) {
            traffic.of("living" + i).recordsIn.add(7);
        }
        for (int i = 0; i < 10 * TopicTraffic.DELETED_MAX; i++) {
            traffic.of("gone" + i).recordsIn.add(1);
            assertThat(traffic.all()).hasSizeLessThanOrEqualTo(2 * TopicTraffic.DELETED_MAX);
        }
        assertThat(traffic.of("living1").recordsIn.sum()).isEqualTo(7);
        assertThat(traffic.of("gone9999").recordsIn.sum()).isEqualTo(1);
    }
}
