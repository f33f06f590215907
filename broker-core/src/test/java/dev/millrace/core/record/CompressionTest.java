package dev.millrace.core.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CompressionTest {
    @Test
    void idsAndNamesAreKafkas() {
        for (Compression compression : Compression.values()) {
            assertThat(Compression.ofId(compression.id())).isEqualTo(compression);
            assertThat(Compression.ofName(compression.label())).isEqualTo(compression);
            assertThat(org.apache.kafka.common.record.internal.CompressionType.forId(compression.id()).name)
                    .isEqualTo(compression.label());
        }
        for (int id : new int[] {-1, 5, 7, 8}) {
            assertThatThrownBy(() -> Compression.ofId(id))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("" + id);
        }
        assertThatThrownBy(() -> Compression.ofName("brotli"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("brotli")
                .hasMessageContaining("zstd");
    }
}
