package dev.millrace.server.protocol.http;

import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What answers requests of one method to the paths of one template, such as {@code /subjects/{subject}/versions}.
 *
 * @param kind for the metric of requests; routes may share one
 */
record Route(HttpMethod method, List<String> template, String kind, LaterHandler handler) {
    /** Thread: a worker, so it may wait for the disk. Fails: {@link HttpProblem}. */
    @FunctionalInterface
    interface Handler {
        HttpAnswer answer(HttpCall call);
    }

    /**
     * Answers when the disk has what was asked for, and keeps no thread waiting for that. Thread: a worker. Fails: {@link
     * HttpProblem} and {@link dev.millrace.core.error.FaultException}, thrown or in the future.
     */
    @FunctionalInterface
    interface LaterHandler {
        CompletableFuture<HttpAnswer> answer(HttpCall call);
    }

    static Route of(HttpMethod method, String template, String kind, Handler handler) {
        return later(method, template, kind, call -> CompletableFuture.completedFuture(handler.answer(call)));
    }

    static Route later(HttpMethod method, String template, String kind, LaterHandler handler) {
        return new Route(method, HttpRoutes.segments(template), kind, handler);
    }

    /** As in documentation: {@code /subjects/{subject}}. */
    String path() {
        return "/" + String.join("/", template);
    }
}
