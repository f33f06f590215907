package dev.millrace.server.protocol.http;

import io.netty.handler.codec.http.HttpMethod;
import java.util.List;

/**
 * What answers requests of one method to the paths of one template, such as {@code /subjects/{subject}/versions}.
 *
 * @param kind for the metric of requests; routes may share one
 */
record Route(HttpMethod method, List<String> template, String kind, Handler handler) {
    /** Thread: a worker, so it may wait for the disk. Fails: {@link HttpProblem}. */
    @FunctionalInterface
    interface Handler {
        HttpAnswer answer(HttpCall call);
    }

    static Route of(HttpMethod method, String template, String kind, Handler handler) {
        return new Route(method, HttpRoutes.segments(template), kind, handler);
    }
}
