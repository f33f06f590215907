package dev.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.server.config.ConfigLoader;
import dev.millrace.server.config.Loaded;
import dev.millrace.server.config.Sources;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class StartBannerTest {
    private final BrokerServer.Addresses addresses = new BrokerServer.Addresses(
            new InetSocketAddress("127.0.0.1", 7650), new InetSocketAddress("127.0.0.1", 7680));

    @Test
    void tellsAddressesDataDurabilityAndConfigSource() throws Exception {
        Loaded loaded = ConfigLoader.load(Sources.none().withDataDir("/var/lib/millrace"));
        assertThat(StartBanner.text(loaded, addresses)).isEqualTo("""
                        Millrace dev is ready
                          native     127.0.0.1:7650
                          http       http://127.0.0.1:7680  /metrics /health/live /health/ready
                          data       /var/lib/millrace
                          durability fsync before every acknowledgement
                          config     defaults, no file
                        """);
    }

    @Test
    void showsEachWarningOnALineOfItsOwn() throws Exception {
        Loaded loaded = ConfigLoader.load(Sources.none()
                .withSets(List.of("listeners.native.bind=0.0.0.0:7650", "security.insecurePublicBind=true")));
        assertThat(loaded.warnings()).isNotEmpty();
        assertThat(StartBanner.text(loaded, addresses).lines().filter(line -> line.startsWith("  WARNING    ")))
                .hasSameSizeAs(loaded.warnings());
    }
}
