package dev.millrace.server.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.core.time.TimeSource;
import dev.millrace.server.FakeBroker;
import dev.millrace.server.schema.Compatibility;
import dev.millrace.server.schema.SchemaLimits;
import dev.millrace.server.schema.SchemaRegistry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The OpenAPI document describes exactly the routes that are there. */
@Timeout(60)
class OpenApiTest {
    /** Answered without a broker, so they are no routes. */
    private static final Set<String> ALWAYS_THERE = Set.of("GET /metrics", "GET /health/live", "GET /health/ready");

    private static final Pattern NAME = Pattern.compile("\\{(\\w+)}");

    private final FakeBroker broker = new FakeBroker();
    private final HttpServer server = new HttpServer(10, 10_000);
    private JsonNode document;

    @BeforeEach
    void open() throws IOException {
        SchemaRegistry registry =
                SchemaRegistry.open(broker, SchemaLimits.DEFAULTS, Compatibility.BACKWARD, TimeSource.SYSTEM);
        server.protocol.open(new HttpServices(broker, registry, null, Map.of(), "1.0"));
        String answer = server.exchange("GET /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        document = new ObjectMapper().readTree(answer.substring(answer.indexOf("\r\n\r\n")));
    }

    @AfterEach
    void close() {
        server.close();
        broker.close();
    }

    private interface Visitor {
        void visit(String route, JsonNode operation);
    }

    private void eachOperation(Visitor visitor) {
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .properties()
                        .forEach(method -> visitor.visit(
                                method.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(), method.getValue())));
    }

    @Test
    void describesEveryRouteAndNoOther() {
        Set<String> described = new TreeSet<>();
        eachOperation((route, operation) -> described.add(route));
        Set<String> routes = new TreeSet<>(ALWAYS_THERE);
        server.protocol.routes().all().forEach(route -> routes.add(route.method() + " " + route.path()));
        assertThat(described).isEqualTo(routes).hasSizeGreaterThan(60);
    }

    @Test
    void describesTheNamesInEveryPath() {
        eachOperation((route, operation) -> {
            List<String> names = new ArrayList<>();
            for (Matcher name = NAME.matcher(route); name.find(); ) {
                names.add(name.group(1));
            }
            List<String> described = new ArrayList<>();
            for (JsonNode parameter : operation.path("parameters")) {
                if (parameter.path("in").asText().equals("path")) {
                    described.add(parameter.path("name").asText());
                    assertThat(parameter.path("required").asBoolean()).as(route).isTrue();
                }
            }
            assertThat(described).as(route).isEqualTo(names);
        });
    }

    @Test
    void givesEveryOperationAnIdASummaryAndAnswers() {
        Set<String> ids = new HashSet<>();
        eachOperation((route, operation) -> {
            assertThat(ids.add(operation.path("operationId").asText()))
                    .as(route)
                    .isTrue();
            assertThat(operation.path("summary").asText()).as(route).endsWith(".");
            assertThat(operation.path("responses").properties())
                    .as(route)
                    .anySatisfy(answer -> assertThat(answer.getKey()).startsWith("20"));
            boolean change = route.startsWith("POST") || route.startsWith("PUT") || route.startsWith("PATCH");
            assertThat(operation.has("requestBody")).as(route).isEqualTo(change);
        });
    }

    @Test
    void refersOnlyToWhatItHolds() {
        List<JsonNode> references = document.findValues("$ref");
        assertThat(references)
                .hasSizeGreaterThan(50)
                .allSatisfy(reference -> assertThat(
                                document.at(reference.asText().substring(1)).isMissingNode())
                        .as(reference.asText())
                        .isFalse());
        for (Map.Entry<String, JsonNode> schema :
                document.path("components").path("schemas").properties()) {
            assertThat(references)
                    .as("%s is used", schema.getKey())
                    .anySatisfy(reference -> assertThat(reference.asText()).endsWith("/" + schema.getKey()));
        }
    }
}
