package dev.millrace.core.failpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.failpoint.Failpoint.Armed;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FailpointTest {
    @Test
    void isArmedByNameAndCount() {
        Armed armed = Armed.of("after-sync-before-answer:12:/tmp/there");
        assertThat(armed.at()).isEqualTo(Failpoint.AFTER_SYNC_BEFORE_ANSWER);
        assertThat(armed.left()).hasValue(12);
        assertThat(armed.reached()).isEqualTo(Path.of("/tmp/there"));
    }

    @Test
    void doesNothingUnlessArmed() {
        assertThat(Armed.of(null).at()).isNull();
        assertThat(Armed.of("").at()).isNull();
        Failpoint.AT_ROTATION.hit();
    }

    @Test
    void aMisspeltFailpointIsRefused() {
        for (String wrong :
                new String[] {"after-sync", "at-rotation:0:f", "at-rotation:x:f", "at-rotation:1", "AT_ROTATION:1:f"}) {
            assertThatThrownBy(() -> Armed.of(wrong)).hasMessageContaining(wrong);
        }
    }
}
