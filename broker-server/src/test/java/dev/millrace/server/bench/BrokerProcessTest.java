package dev.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
final class BrokerProcessTest {
    @Test
    void findsWhoListensAtAPort() throws Exception {
        int port;
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = listener.getLocalPort();
            assertThat(BrokerProcess.listeningAt(port))
                    .hasValue(ProcessHandle.current().pid());
        }
        assertThat(BrokerProcess.listeningAt(port)).isEmpty();
    }

    @Test
    void tellsTheCpuTimeOfAProcess() {
        assertThat(BrokerProcess.cpu(ProcessHandle.current().pid())).isGreaterThan(Duration.ZERO);
        assertThat(BrokerProcess.cpu(Integer.MAX_VALUE)).isNull();
    }

    @Test
    void knowsThisMachine() {
        assertThat(BrokerProcess.isLocal("127.0.0.1")).isTrue();
        assertThat(BrokerProcess.isLocal("localhost")).isTrue();
        // Reserved for documentation: nobody's address.
        assertThat(BrokerProcess.isLocal("192.0.2.1")).isFalse();
    }
}
