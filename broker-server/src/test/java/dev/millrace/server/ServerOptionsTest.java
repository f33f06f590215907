package dev.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.BrokerOptions;
import dev.millrace.server.config.ConfigException;
import dev.millrace.server.config.ConfigLoader;
import dev.millrace.server.config.Sources;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What core is told of a configuration. */
class ServerOptionsTest {
    private static long eventCacheBytes(String configured) throws ConfigException {
        var config = ConfigLoader.load(Sources.none().withSets(List.of("storage.eventCache=" + configured)))
                .config();
        BrokerOptions options = ServerOptions.broker(config, halted -> {});
        return options.memory().eventCacheBytes();
    }

    @Test
    void theCacheOfEventsTakesAQuarterOfTheHeapAtMost() throws ConfigException {
        assertThat(eventCacheBytes("0B")).isZero();
        assertThat(eventCacheBytes("3MiB")).isEqualTo(3 << 20);
        assertThat(eventCacheBytes("1TiB")).isEqualTo(Runtime.getRuntime().maxMemory() / 4);
    }
}
