package dev.millrace.client.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.client.Codec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ids are asked for once for each topic, and a registry that is slow about one topic holds up no other. */
@Timeout(60)
class SchemaBindingTest {
    /** Two names with the same hash: in one bin of any table. */
    private static final Codec.Place HELD = new Codec.Place("Aa", false);

    private static final Codec.Place OTHER = new Codec.Place("BB", false);

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, AtomicInteger> requests = new ConcurrentHashMap<>();
    private final CountDownLatch heldHasAsked = new CountDownLatch(1);
    private final CountDownLatch heldMayGoOn = new CountDownLatch(1);
    private volatile int status = 200;
    private HttpServer server;
    private SchemaBinding binding;

    @BeforeEach
    void start() throws IOException {
        assertThat(HELD).hasSameHashCodeAs(OTHER);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
        binding = new SchemaBinding(
                SchemaRegistryClient.of(
                        "http://127.0.0.1:" + server.getAddress().getPort()),
                RegistrySchema.json("{}"),
                SchemaForm.HEADER,
                true);
    }

    @AfterEach
    void stop() {
        heldMayGoOn.countDown();
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        count(path).incrementAndGet();
        exchange.getRequestBody().readAllBytes();
        int answered = status;
        if (path.contains("Aa")) {
            heldHasAsked.countDown();
            awaitRelease();
        }
        byte[] body = (answered == 200 ? "{\"id\":7}" : "{\"error_code\":50001,\"message\":\"no\"}")
                .getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(answered, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private void awaitRelease() {
        try {
            heldMayGoOn.await();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private AtomicInteger count(String path) {
        return requests.computeIfAbsent(path, absent -> new AtomicInteger());
    }

    private CompletableFuture<Codec.Encoded> later(Supplier<Codec.Encoded> call) {
        return CompletableFuture.supplyAsync(call, threads);
    }

    private Codec.Encoded encode(Codec.Place place) {
        return binding.encode(place, new byte[0], new byte[0]);
    }

    @Test
    void topicWhoseIdIsAskedForHoldsUpNoOther() throws Exception {
        CompletableFuture<Codec.Encoded> held = later(() -> encode(HELD));
        heldHasAsked.await();
        assertThat(later(() -> encode(OTHER)).get(30, TimeUnit.SECONDS).headers())
                .hasSize(1);
        assertThat(held).isNotDone();
        heldMayGoOn.countDown();
        assertThat(held.get(30, TimeUnit.SECONDS).headers()).hasSize(1);
    }

    @Test
    void threadsThatNeedTheSameIdAskForItOnce() throws Exception {
        CompletableFuture<Codec.Encoded> first = later(() -> encode(HELD));
        heldHasAsked.await();
        CompletableFuture<Codec.Encoded> second = later(() -> encode(HELD));
        heldMayGoOn.countDown();
        first.get(30, TimeUnit.SECONDS);
        second.get(30, TimeUnit.SECONDS);
        encode(HELD);
        assertThat(count("/subjects/Aa-value/versions")).hasValue(1);
    }

    @Test
    void failureIsNotKept() {
        status = 500;
        assertThatThrownBy(() -> encode(OTHER))
                .isInstanceOfSatisfying(
                        SchemaRegistryException.class,
                        refused -> assertThat(refused.code()).isEqualTo(50001));
        status = 200;
        assertThat(encode(OTHER).headers()).hasSize(1);
        assertThat(encode(OTHER).headers()).hasSize(1);
        assertThat(count("/subjects/BB-value/versions")).hasValue(2);
    }

    @Test
    void whoWaitsForAnIdLearnsThatItFailed() throws Exception {
        CountDownLatch loads = new CountDownLatch(1);
        CountDownLatch mayFail = new CountDownLatch(1);
        LoadingCache<String, Integer> cache = new LoadingCache<>(key -> {
            loads.countDown();
            await(mayFail);
            throw new IllegalStateException("no");
        });
        CompletableFuture<Integer> first = CompletableFuture.supplyAsync(() -> cache.get("a"), threads);
        loads.await();
        CompletableFuture<Integer> second = CompletableFuture.supplyAsync(() -> cache.get("a"), threads);
        mayFail.countDown();
        for (CompletableFuture<Integer> failed : List.of(first, second)) {
            assertThatThrownBy(() -> failed.get(30, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasRootCauseInstanceOf(IllegalStateException.class);
        }
    }

    /** The second waits on the first or asks itself: it must get its value in both cases. */
    @Test
    void interruptionOfTheThreadThatAsksIsNoFailureOfAnother() throws Exception {
        CountDownLatch loads = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        AtomicInteger calls = new AtomicInteger();
        LoadingCache<String, Integer> cache = new LoadingCache<>(key -> {
            if (calls.getAndIncrement() > 0) {
                return 7;
            }
            loads.countDown();
            await(never);
            return 0;
        });
        Thread asking = new Thread(() -> assertThatThrownBy(() -> cache.get("a")));
        asking.start();
        loads.await();
        CompletableFuture<Integer> second = CompletableFuture.supplyAsync(() -> cache.get("a"), threads);
        asking.interrupt();
        assertThat(second.get(30, TimeUnit.SECONDS)).isEqualTo(7);
        asking.join();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw SchemaRegistryException.interrupted("in a test", interrupted);
        }
    }
}
