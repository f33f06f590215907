package dev.millrace.server.protocol.http;

import static io.netty.handler.codec.http.HttpMethod.DELETE;
import static io.netty.handler.codec.http.HttpMethod.GET;
import static io.netty.handler.codec.http.HttpMethod.PATCH;
import static io.netty.handler.codec.http.HttpMethod.POST;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.core.Broker;
import dev.millrace.server.trace.BrokerTraceSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** The broker as JSON, below {@code /v1}, and the OpenAPI document of all that HTTP serves. */
final class RestRoutes {
    private static final String READ = "rest_read";
    private static final String PUBLISH = "rest_publish";
    private static final String CHANGE = "rest_change";
    private static final String TAIL = "rest_tail";
    private static final String OPENAPI = "openapi.json";

    private RestRoutes() {}

    /** @param encoder of live tails */
    static List<Route> of(HttpServices services, Executor encoder) {
        Broker broker = services.broker();
        TopicNames names = new TopicNames(broker.topics());
        TopicRoutes topics = new TopicRoutes(broker, names);
        RecordRoutes records = new RecordRoutes(
                new RecordRoutes.Source(broker.logs(), new TracedDeliveries(services.tracing())), names, encoder);
        PublishRoutes publish = new PublishRoutes(broker.logs(), names);
        StreamRoutes streams = new StreamRoutes(broker.streams(), names);
        GroupRoutes groups = new GroupRoutes(broker, names);
        DeadLetterRoutes letters = new DeadLetterRoutes(broker.deadLetters());
        TraceRoutes traces = new TraceRoutes(new BrokerTraceSource(broker));
        // What changes something is done in the caller's name: the audit log tells whose deed it was.
        Function<HttpCall, TopicRoutes> topicsAs = call -> new TopicRoutes(broker.as(call.caller()), names);
        Function<HttpCall, GroupRoutes> groupsAs = call -> new GroupRoutes(broker.as(call.caller()), names);
        Function<HttpCall, DeadLetterRoutes> lettersAs =
                call -> new DeadLetterRoutes(broker.as(call.caller()).deadLetters());
        HttpAnswer openApi = HttpAnswer.of(200, HttpAnswer.JSON, openApi());
        ObjectNode configuration = configuration(services.configuration());
        return List.of(
                Route.of(GET, "/openapi.json", READ, call -> openApi),
                Route.of(GET, "/v1/config", READ, call -> HttpAnswer.ok(configuration)),
                Route.of(GET, "/v1/topics", READ, topics::list),
                Route.of(
                        POST, "/v1/topics", CHANGE, call -> topicsAs.apply(call).create(call)),
                Route.of(GET, "/v1/topics/{topic}", READ, topics::describe),
                Route.of(
                        PATCH,
                        "/v1/topics/{topic}",
                        CHANGE,
                        call -> topicsAs.apply(call).change(call)),
                Route.of(
                        DELETE,
                        "/v1/topics/{topic}",
                        CHANGE,
                        call -> topicsAs.apply(call).delete(call)),
                Route.later(POST, "/v1/topics/{topic}/records", PUBLISH, publish::publish),
                Route.of(GET, "/v1/topics/{topic}/partitions/{partition}/records", READ, records::read),
                Route.of(GET, "/v1/topics/{topic}/tail", TAIL, records::tail),
                Route.of(GET, "/v1/topics/{topic}/latest", READ, streams::latest),
                Route.of(GET, "/v1/streams/{topic}/{stream}", READ, streams::read),
                Route.later(POST, "/v1/streams/{topic}/{stream}", PUBLISH, streams::append),
                Route.of(GET, "/v1/trace/{id}", READ, traces::show),
                Route.of(GET, "/v1/groups", READ, groups::list),
                Route.of(GET, "/v1/groups/{group}", READ, groups::describe),
                Route.of(
                        DELETE,
                        "/v1/groups/{group}",
                        CHANGE,
                        call -> groupsAs.apply(call).delete(call)),
                Route.of(GET, "/v1/groups/{group}/lag", READ, groups::lag),
                Route.of(
                        POST,
                        "/v1/groups/{group}/reset",
                        CHANGE,
                        call -> groupsAs.apply(call).reset(call)),
                Route.of(GET, "/v1/deadletters", READ, letters::list),
                Route.of(GET, "/v1/groups/{group}/deadletters/{topic}/{partition}/{offset}", READ, letters::show),
                Route.of(
                        POST,
                        "/v1/groups/{group}/deadletters/replay",
                        CHANGE,
                        call -> lettersAs.apply(call).replay(call)),
                Route.of(
                        POST,
                        "/v1/groups/{group}/deadletters/discard",
                        CHANGE,
                        call -> lettersAs.apply(call).discard(call)));
    }

    private static ObjectNode configuration(Map<String, String> settings) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        settings.forEach(body::put);
        return body;
    }

    private static String openApi() {
        try (InputStream document = RestRoutes.class.getResourceAsStream(OPENAPI)) {
            return new String(document.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
