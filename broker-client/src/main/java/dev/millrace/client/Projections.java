package dev.millrace.client;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * Projections: handlers that keep a read model up to date with the events of topics. Thread: any.
 *
 * <pre>{@code
 * Projection totals = client.projections().named("order-totals").topics("orders")
 *         .start(ProjectionTables.in(dataSource), (connection, event) -> ...);
 * totals.await(Position.of("orders", appended), Duration.ofSeconds(2));
 * }</pre>
 */
public interface Projections {
    /** @param name 1 to 200 of a-z A-Z 0-9 . _ - */
    ProjectionBuilder named(String name);

    /**
     * Waits until a projection, of whatever process, has passed a position: for read-your-writes. It hears of the
     * projection's progress as often as that makes checkpoints, so {@link Projection#await} is faster in the same process.
     *
     * @param id {@link Projection#id}, such as {@code order-totals.v1}
     * @return false where the time was over first
     */
    boolean await(String id, Position position, Duration timeout);

    /** The version that serves, of a projection that keeps its checkpoints in the broker; empty before its first start. */
    OptionalInt liveVersion(String name);
}
