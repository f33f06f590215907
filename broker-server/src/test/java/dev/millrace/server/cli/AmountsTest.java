package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AmountsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1023, 1023 B",
        "1024, 1.0 KiB",
        "1536, 1.5 KiB",
        "102400, 100 KiB",
        "1048063, 1023 KiB",
        "1048064, 1.0 MiB",
        "1048576, 1.0 MiB",
        "9223372036854775807, 8192 PiB"
    })
    void showsBytesInTheUnitThatFits(long bytes, String shown) {
        assertThat(Amounts.bytes(bytes)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0s",
        "999, 999ms",
        "1000, 1.0s",
        "59999, 59.9s",
        "60000, 1m",
        "3599999, 59m 59s",
        "3600000, 1h",
        "86399999, 23h 59m",
        "86400000, 1d",
        "200000000, 2d 7h"
    })
    void showsDurationsInTwoUnitsAtMost(long ms, String shown) {
        assertThat(Amounts.duration(ms)).isEqualTo(shown);
    }
}
