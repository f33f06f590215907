package dev.millrace.simulation;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * One client's connection: requests arrive in order, after a while; an answer may never come, and then nobody knows.
 *
 * <p>What was sent before a cut may still arrive after it, while the same broker runs.
 */
final class Connection {
    private static final int DELAY_MICROS_MAX = 1500;

    private final World world;
    private final int life;
    private final boolean mayArriveLate;
    private final Set<Call<?>> pending = new LinkedHashSet<>();
    private long lastRequestMicros;
    private long lastAnswerMicros;
    private boolean cut;
    private boolean arrivesLate;

    /** Takes an answer: a value, or a fault; CONNECTION_LOST where nobody knows. */
    @FunctionalInterface
    interface Answer<T> {
        void take(T value, Fault fault);
    }

    private static final class Call<T> {
        private final Supplier<CompletableFuture<T>> request;
        private final Answer<T> answer;

        private Call(Supplier<CompletableFuture<T>> request, Answer<T> answer) {
            this.request = request;
            this.answer = answer;
        }

        private void lose() {
            answer.take(null, Fault.CONNECTION_LOST);
        }
    }

    /** @param mayArriveLate whether the client can bear that a request arrives after it gave the connection up */
    Connection(World world, boolean mayArriveLate) {
        this.world = world;
        this.mayArriveLate = mayArriveLate;
        this.life = world.server.life();
        world.server.connected(this);
    }

    boolean isCut() {
        return cut;
    }

    <T> void call(Supplier<CompletableFuture<T>> request, Answer<T> answer) {
        Call<T> call = new Call<>(request, answer);
        if (cut) {
            tellLost(List.of(call));
            return;
        }
        pending.add(call);
        lastRequestMicros = Math.max(lastRequestMicros, later());
        world.agenda.at(lastRequestMicros, () -> arrive(call));
    }

    private long later() {
        return world.agenda.nowMicros() + 50 + world.random.nextInt(DELAY_MICROS_MAX);
    }

    private <T> void arrive(Call<T> call) {
        boolean there = world.server.isUp() && world.server.life() == life;
        if (!there) {
            cut(false);
            return;
        }
        if (cut && !arrivesLate) {
            return;
        }
        call.request.get().whenComplete((value, error) -> answer(call, value, error));
    }

    private <T> void answer(Call<T> call, T value, Throwable error) {
        if (cut) {
            return;
        }
        Fault fault = error == null ? null : ((FaultException) error).fault();
        lastAnswerMicros = Math.max(lastAnswerMicros, later());
        world.agenda.at(lastAnswerMicros, () -> {
            if (pending.remove(call)) {
                call.answer.take(value, fault);
            }
        });
    }

    /** Nothing comes back any more. */
    void cut(boolean late) {
        if (cut) {
            return;
        }
        cut = true;
        arrivesLate = late && mayArriveLate;
        world.server.disconnected(this);
        List<Call<?>> lost = new ArrayList<>(pending);
        pending.clear();
        tellLost(lost);
    }

    private void tellLost(List<? extends Call<?>> lost) {
        world.agenda.at(later(), () -> lost.forEach(Call::lose));
    }
}
