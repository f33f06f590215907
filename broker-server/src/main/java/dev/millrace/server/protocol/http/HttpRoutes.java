package dev.millrace.server.protocol.http;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Finds the route of a request. Routes are there when the broker is; until then requests are told to wait. Thread: any. */
public final class HttpRoutes {
    private volatile List<Route> routes;

    /** What a path leads to. */
    sealed interface Match {
        record Found(Route route, Map<String, String> path) implements Match {}

        /** The path is right and the method is not. */
        record WrongMethod(Set<String> allowed) implements Match {}

        record NotFound() implements Match {}

        /** The broker is not there, or no longer. */
        record Starting() implements Match {}
    }

    /** Serves these from now on. */
    void open(List<Route> all) {
        routes = List.copyOf(all);
    }

    /** Serves nothing from now on. */
    void close() {
        routes = null;
    }

    List<Route> all() {
        return routes;
    }

    Match find(HttpMethod method, String rawPath) {
        List<Route> current = routes;
        if (current == null) {
            return new Match.Starting();
        }
        List<String> segments = segments(rawPath);
        Set<String> allowed = new TreeSet<>();
        for (Route route : current) {
            Map<String, String> path = match(route.template(), segments);
            if (path != null && accepts(route.method(), method)) {
                return new Match.Found(route, path);
            } else if (path != null) {
                allowed.add(route.method().name());
            }
        }
        return allowed.isEmpty() ? new Match.NotFound() : new Match.WrongMethod(allowed);
    }

    private static boolean accepts(HttpMethod route, HttpMethod method) {
        return route.equals(method) || route.equals(HttpMethod.GET) && method.equals(HttpMethod.HEAD);
    }

    private static Map<String, String> match(List<String> template, List<String> segments) {
        if (template.size() != segments.size()) {
            return null;
        }
        Map<String, String> path = new HashMap<>();
        for (int i = 0; i < template.size(); i++) {
            String step = template.get(i);
            if (step.startsWith("{")) {
                try {
                    path.put(step.substring(1, step.length() - 1), decode(segments.get(i)));
                } catch (IllegalArgumentException malformed) {
                    return null;
                }
            } else if (!step.equals(segments.get(i))) {
                return null;
            }
        }
        return path;
    }

    /** A plus is a plus in a path. */
    private static String decode(String segment) {
        return QueryStringDecoder.decodeComponent(segment.replace("+", "%2B"));
    }

    /** The steps of a path; a slash at the end counts for nothing. */
    static List<String> segments(String path) {
        List<String> segments = new ArrayList<>(List.of(path.split("/", -1)));
        segments.remove(0);
        if (!segments.isEmpty() && segments.get(segments.size() - 1).isEmpty()) {
            segments.remove(segments.size() - 1);
        }
        return segments;
    }
}
