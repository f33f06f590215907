package dev.millrace.server.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/** CPU seconds that this process and the broker have taken since the start. <em>Thread:</em> one. */
final class CpuMeter {
    private static final double NANOS_PER_SECOND = 1e9;

    private final long brokerPid;
    private final long clientStartNanos;
    private final Duration brokerStart;

    private CpuMeter(long brokerPid) {
        this.brokerPid = brokerPid;
        this.clientStartNanos = clientNanos();
        this.brokerStart = brokerPid == 0 ? null : BrokerProcess.cpu(brokerPid);
    }

    /** @param brokerPid 0 where the broker is not on this machine, or inside this process */
    static CpuMeter start(long brokerPid) {
        return new CpuMeter(brokerPid);
    }

    double clientSeconds() {
        return (clientNanos() - clientStartNanos) / NANOS_PER_SECOND;
    }

    /** Null where unknown. */
    Double brokerSeconds() {
        Duration now = brokerStart == null ? null : BrokerProcess.cpu(brokerPid);
        return now == null ? null : now.minus(brokerStart).toNanos() / NANOS_PER_SECOND;
    }

    private static long clientNanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }
}
