package dev.millrace.server.metrics;

import dev.millrace.core.error.Fault;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Requests of one protocol by kind, and those refused by fault. Thread: any. */
public final class ProtocolMeters {
    private final String protocol;
    private final Map<String, LongAdder> requests = new ConcurrentHashMap<>();
    private final Map<Fault, LongAdder> rejected = new EnumMap<>(Fault.class);
    private final DeliveryMeters deliveries;

    public ProtocolMeters(String protocol, DeliveryMeters deliveries) {
        this.protocol = protocol;
        this.deliveries = deliveries;
        for (Fault fault : Fault.values()) {
            rejected.put(fault, new LongAdder());
        }
    }

    /** The counter of one kind of request; the kinds are few and fixed, the caller keeps the counter. */
    public LongAdder requests(String kind) {
        return requests.computeIfAbsent(kind, absent -> new LongAdder());
    }

    public void rejected(Fault fault) {
        rejected.get(fault).increment();
    }

    public DeliveryMeters deliveries() {
        return deliveries;
    }

    String protocol() {
        return protocol;
    }

    Map<String, LongAdder> requests() {
        return requests;
    }

    Map<Fault, LongAdder> rejected() {
        return rejected;
    }
}
