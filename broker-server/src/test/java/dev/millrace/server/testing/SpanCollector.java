package dev.millrace.server.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Predicate;

/** Takes spans by OTLP over HTTP, in JSON. Thread: any. */
final class SpanCollector implements AutoCloseable {
    private final HttpServer server;
    private final BlockingQueue<JsonNode> arrived = new LinkedBlockingQueue<>();
    private final List<JsonNode> seen = new ArrayList<>();
    private final CountDownLatch gate;
    private final Queue<Integer> statuses = new ConcurrentLinkedQueue<>();
    private volatile JsonNode resource;
    private volatile Headers headers;

    private SpanCollector(HttpServer server, CountDownLatch gate) {
        this.server = server;
        this.gate = gate;
    }

    static SpanCollector start() {
        return start(new CountDownLatch(0));
    }

    /** Answers nothing before the gate is open. */
    static SpanCollector start(CountDownLatch gate) {
        return start(0, gate);
    }

    static SpanCollector startAt(int port) {
        return start(port, new CountDownLatch(0));
    }

    private static SpanCollector start(int port, CountDownLatch gate) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
            SpanCollector collector = new SpanCollector(server, gate);
            server.createContext("/v1/traces", collector::take);
            server.start();
            return collector;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/traces";
    }

    /** To the next requests it says these, and takes nothing of them. */
    SpanCollector refuse(Integer... next) {
        statuses.addAll(List.of(next));
        return this;
    }

    private void take(HttpExchange exchange) throws IOException {
        JsonNode body = new ObjectMapper().readTree(exchange.getRequestBody().readAllBytes());
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        headers = exchange.getRequestHeaders();
        Integer refusal = statuses.poll();
        if (refusal != null) {
            exchange.getResponseHeaders().add("Retry-After", "0");
            exchange.sendResponseHeaders(refusal, -1);
            exchange.close();
            return;
        }
        for (JsonNode ofResource : body.get("resourceSpans")) {
            resource = ofResource.get("resource");
            for (JsonNode ofScope : ofResource.get("scopeSpans")) {
                ofScope.get("spans").forEach(arrived::add);
            }
        }
        exchange.sendResponseHeaders(200, -1);
        exchange.close();
    }

    JsonNode resource() {
        return resource;
    }

    /** Of the last request; null for none. */
    String header(String name) {
        return headers.getFirst(name);
    }

    /** All spans so far, once so many of them are as wanted. */
    List<JsonNode> await(int count, Predicate<JsonNode> wanted) throws InterruptedException {
        while (seen.stream().filter(wanted).count() < count) {
            seen.add(arrived.take());
        }
        return List.copyOf(seen);
    }

    /** Of an attribute list, as in a span or a resource; null for none. */
    static String attribute(JsonNode owner, String key) {
        for (JsonNode attribute : owner.get("attributes")) {
            if (attribute.get("key").asText().equals(key)) {
                return attribute.get("value").elements().next().asText();
            }
        }
        return null;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
