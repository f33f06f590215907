package dev.millrace.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class UnitsTest {
    @Test
    void sizesReadBackWhatTheyWrite() {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 1000; i++) {
            DataSize size = new DataSize(random.nextLong(1L << random.nextInt(1, 63)) << random.nextInt(0, 1));
            assertThat(DataSize.parse(size.toString()).orThrow()).isEqualTo(size);
        }
        assertThat(new DataSize(0)).hasToString("0B");
        assertThat(new DataSize(1023)).hasToString("1023B");
        assertThat(new DataSize(1024)).hasToString("1KiB");
        assertThat(new DataSize(3L << 40)).hasToString("3TiB");
        assertThat(new DataSize(5L << 50)).hasToString("5120TiB");
    }

    @Test
    void durationsReadBackWhatTheyWrite() {
        for (String text : List.of("0s", "1ms", "999ms", "1s", "90s", "15m", "36h", "7d", "36500d")) {
            assertThat(DurationText.format(DurationText.parse(text).orThrow())).isEqualTo(text);
        }
        assertThat(DurationText.parse("24h").orThrow()).isEqualTo(Duration.ofDays(1));
    }

    @Test
    void unitsAreWrittenInOneWayOnly() {
        for (String text :
                List.of("", "MiB", "64mib", "64 MiB", "64M", "64Mb", "64megabytes", "1.5GiB", "-1MiB", "64", "8PiB")) {
            assertThat(DataSize.parse(text)).as(text).isInstanceOf(Parsed.Bad.class);
        }
        for (String text : List.of("", "d", "7D", "7 d", "1h30m", "1.5h", "-1s", "7", "2weeks", "PT5M")) {
            assertThat(DurationText.parse(text)).as(text).isInstanceOf(Parsed.Bad.class);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DataSize.parse("64megabytes").orThrow())
                .withMessageContaining("did you mean 64MiB?");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DurationText.parse("5 minutes").orThrow())
                .withMessageContaining("did you mean 5m?");
    }

    @Test
    void unitsDoNotOverflow() {
        for (String text : List.of("9007199254740992KiB", "9223372036854775808B", "99999999999999999999999")) {
            assertThat(DataSize.parse(text)).as(text).isInstanceOf(Parsed.Bad.class);
        }
        assertThat(DataSize.parse("9007199254740991KiB")).isInstanceOf(Parsed.Good.class);
        assertThat(DurationText.parse("99999999999999999d")).isInstanceOf(Parsed.Bad.class);
    }

    @Test
    void addressesReadBackWhatTheyWrite() {
        for (String text :
                List.of("127.0.0.1:7650", "localhost:0", "[::1]:65535", "broker-1.example.org:1", "0.0.0.0:80")) {
            assertThat(BindAddress.parse(text).orThrow()).as(text).hasToString(text);
        }
    }

    @Test
    void refusesAddressesThatAreNone() {
        List<String> bad = List.of(
                "",
                ":",
                "7650",
                "localhost",
                ":7650",
                "*:7650",
                "::1:7650",
                "[::1]",
                "[::g]:1",
                "[1.2.3.4]:1",
                "1.2.3:1",
                "256.0.0.1:1",
                "1.2.3.4:65536",
                "1.2.3.4:-1",
                "1.2.3.04:1",
                "-x:1",
                "a b:1",
                "http://a:1",
                "[]:1");
        for (String text : bad) assertThat(BindAddress.parse(text)).as(text).isInstanceOf(Parsed.Bad.class);
    }

    @Test
    void knowsWhichAddressesOnlyThisMachineReaches() {
        for (String text : List.of(
                "127.0.0.1:1", "127.255.0.1:1", "localhost:1", "LOCALHOST:1", "[::1]:1", "[::ffff:127.0.0.1]:1")) {
            assertThat(BindAddress.parse(text).orThrow().isLoopback()).as(text).isTrue();
        }
        for (String text : List.of("0.0.0.0:1", "[::]:1", "10.0.0.1:1", "localhost.example.org:1", "128.0.0.1:1")) {
            assertThat(BindAddress.parse(text).orThrow().isLoopback()).as(text).isFalse();
        }
    }
}
