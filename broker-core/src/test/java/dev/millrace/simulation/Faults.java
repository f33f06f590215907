package dev.millrace.simulation;

import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.StoreException;
import java.util.List;

/** Brings the faults of the profile, each at random moments, until it is told to stop. */
final class Faults {
    private static final int REPAIR_MICROS_MAX = 800_000;
    private static final int CLOCK_MS_MAX = 3_600_000;

    private final World world;
    private boolean over;

    Faults(World world) {
        this.world = world;
    }

    void start() {
        Profile.Gaps gaps = world.profile.gaps();
        repeat(gaps.crashMs(), this::crash);
        repeat(gaps.failedSyncMs(), () -> {
            world.trace.add("next sync fails");
            world.server.disk().failNextSync();
        });
        repeat(gaps.diskFullMs(), () -> {
            world.trace.add("disk is full");
            world.server.disk().failCommitsWithDiskFull();
        });
        repeat(gaps.brokenLinkMs(), this::breakLink);
        repeat(gaps.flipMs(), this::flip);
        repeat(gaps.clockMs(), this::moveClock);
        if (!world.teams().isEmpty()) {
            repeat(
                    gaps.silenceMs(),
                    () -> world.teams()
                            .get(world.random.nextInt(world.teams().size()))
                            .change());
        }
    }

    private void repeat(int gapMs, Runnable fault) {
        if (gapMs > 0) {
            world.agenda.in(1000L * (1 + world.random.nextInt(2 * gapMs)), () -> {
                if (!over && world.server.isUp()) {
                    fault.run();
                }
                if (!over) {
                    repeat(gapMs, fault);
                }
            });
        }
    }

    private void crash() {
        int dice = world.random.nextInt(10);
        if (dice == 0) {
            world.server.stop();
        } else if (dice < 4) {
            world.server.crash("power");
        } else {
            Server.Moment[] moments = Server.Moment.values();
            world.server.crashAt(moments[world.random.nextInt(moments.length - 1)]);
        }
    }

    private void breakLink() {
        List<Connection> connections = world.server.connections();
        if (!connections.isEmpty()) {
            world.trace.add("a link breaks");
            connections.get(world.random.nextInt(connections.size())).cut(world.random.nextBoolean());
        }
    }

    private void flip() {
        MemoryStore disk = world.server.disk();
        int dice = world.random.nextInt(10);
        String what = dice < 5
                ? "flipped " + disk.flipChunk(world.random)
                : dice < 7 ? "flipped " + disk.flipRow(world.random) : "lost " + disk.loseChunk(world.random);
        world.trace.add(what);
        if (dice == 9) {
            world.server.crash("power, and the disk lost synced data");
            world.server.disk().loseSyncedTail();
        }
        world.agenda.in(1000L * (100 + world.random.nextInt(2000)), this::repair);
    }

    private void repair() {
        if (world.server.disk().repair() > 0) {
            world.trace.add("files restored from a copy");
        }
    }

    private void moveClock() {
        long byMs = world.random.nextInt(2 * CLOCK_MS_MAX) - CLOCK_MS_MAX;
        if (world.random.nextBoolean()) {
            byMs /= 1000;
        }
        world.agenda.moveWallClock(byMs);
        world.trace.add("wall clock moved by " + byMs + " ms");
    }

    /** The broker says that its disk is damaged: the operator restores the files, then starts it again. */
    void startRefused(StoreException refused) {
        world.agenda.in(1 + world.random.nextInt(REPAIR_MICROS_MAX), () -> {
            repair();
            world.server.start();
        });
    }

    /** No faults from now on, and those that last are mended. */
    void end() {
        over = true;
        repair();
        // One that stays behind holds timers back, rightly.
        world.agenda.mendWallClock();
        if (world.server.isUp()) {
            world.server.crash("last");
        }
    }
}
