package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.BrokerInfo;
import dev.millrace.server.cli.DoctorCommand.Check;
import dev.millrace.server.cli.DoctorCommand.Verdict;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiagnosisTest {
    private static final long NOW_MS = 1_700_000_000_000L;

    @ParameterizedTest
    @CsvSource({
        "0, OK, 0s ahead of",
        "1000, OK, 1.0s ahead of",
        "1001, WARN, 1.0s ahead of",
        "-60000, WARN, 1m behind",
        "-60001, FAIL, 1m behind"
    })
    void judgesClockSkew(long skewMs, Verdict verdict, String text) {
        Check clock = check(broker(NOW_MS + skewMs, 0, Map.of()), "clock");
        assertThat(clock.verdict()).isEqualTo(verdict);
        assertThat(clock.text()).contains(text);
    }

    /** On a slow line the broker's answer is old when it comes; that is no skew. */
    @Test
    void allowsForTheWayBack() {
        assertThat(check(broker(NOW_MS - 1500, 3000, Map.of()), "clock").verdict())
                .isEqualTo(Verdict.OK);
    }

    @ParameterizedTest
    @CsvSource({"249.9, OK", "250.1, WARN"})
    void warnsOfASlowConnection(double roundTripMs, Verdict verdict) {
        assertThat(check(broker(NOW_MS, roundTripMs, Map.of()), "connect").verdict())
                .isEqualTo(verdict);
    }

    @Test
    void warnsOfDifferentReleases() {
        BrokerInfo broker = broker(NOW_MS, 1, Map.of());
        assertThat(Diagnosis.of("s", broker, NOW_MS, "0.1.0"))
                .contains(new Check(Verdict.OK, "versions", "command 0.1.0, broker millrace/0.1.0, protocol 1"));
        assertThat(Diagnosis.of("s", broker, NOW_MS, "0.2.0").get(1).verdict()).isEqualTo(Verdict.WARN);
    }

    @ParameterizedTest
    @CsvSource({"Serving, OK", "Draining, WARN", "DiskFull, FAIL", "Halted, FAIL", "Resting, WARN"})
    void judgesTheStatus(String status, Verdict verdict) {
        assertThat(check(broker(NOW_MS, 1, Map.of("status", status)), "status").verdict())
                .isEqualTo(verdict);
    }

    @ParameterizedTest
    @CsvSource({"1073741824, OK, 1.0 GiB", "1073741823, WARN, 1.0 GiB"})
    void warnsOfAFillingDisk(String bytes, Verdict verdict, String text) {
        Check disk = check(broker(NOW_MS, 1, Map.of("disk free bytes", bytes)), "disk free");
        assertThat(disk.verdict()).isEqualTo(verdict);
        assertThat(disk.text()).startsWith(text);
    }

    private static BrokerInfo broker(long nowMs, double roundTripMs, Map<String, String> properties) {
        return new BrokerInfo(new UUID(1, 2), "millrace/0.1.0", 1, nowMs, roundTripMs, properties);
    }

    private static Check check(BrokerInfo broker, String name) {
        List<Check> checks = Diagnosis.of("localhost:7650", broker, NOW_MS, "0.1.0");
        return checks.stream()
                .filter(check -> check.name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
