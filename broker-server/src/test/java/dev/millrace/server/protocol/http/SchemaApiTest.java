package dev.millrace.server.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.core.time.TimeSource;
import dev.millrace.server.FakeBroker;
import dev.millrace.server.schema.Compatibility;
import dev.millrace.server.schema.SchemaLimits;
import dev.millrace.server.schema.SchemaRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The calls that the documentation of this API shows, in its order, with the bodies and codes that clients rely on. */
@Timeout(60)
class SchemaApiTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String TYPE = "application/vnd.schemaregistry.v1+json";
    private static final String STRING = "{\"schema\": \"{\\\"type\\\": \\\"string\\\"}\"}";

    private final FakeBroker broker = new FakeBroker();
    private final HttpServer server = new HttpServer(100, 10_000);
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @BeforeEach
    void open() {
        SchemaRegistry registry =
                SchemaRegistry.open(broker, SchemaLimits.DEFAULTS, Compatibility.BACKWARD, TimeSource.SYSTEM);
        server.protocol.open(new HttpServices(broker, registry, null, Map.of(), "1.0"));
    }

    @AfterEach
    void close() {
        server.close();
        broker.close();
    }

    private HttpResponse<String> send(String method, String path, String body, String type) throws Exception {
        HttpRequest.BodyPublisher publisher =
                body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.address().getPort() + path))
                .method(method, publisher);
        if (type != null) {
            request.header("content-type", type);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode ok(String method, String path, String body) throws Exception {
        HttpResponse<String> response = send(method, path, body, TYPE);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).hasValue(TYPE);
        return MAPPER.readTree(response.body());
    }

    private void refused(int status, int code, String method, String path, String body) throws Exception {
        HttpResponse<String> response = send(method, path, body, TYPE);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        JsonNode error = MAPPER.readTree(response.body());
        assertThat(error.path("error_code").asInt()).as(response.body()).isEqualTo(code);
        assertThat(error.path("message").asText()).isNotBlank();
        assertThat(error).as("nothing that clients do not know").hasSize(2);
    }

    private static String schema(String text) {
        return MAPPER.createObjectNode().put("schema", text).toString();
    }

    private static String schema(String type, String text) {
        return MAPPER.createObjectNode()
                .put("schemaType", type)
                .put("schema", text)
                .toString();
    }

    @Test
    void replaysTheDocumentedCallsOnSubjectsAndSchemas() throws Exception {
        assertThat(ok("GET", "/", null)).isEqualTo(MAPPER.readTree("{}"));
        assertThat(ok("GET", "/schemas/types", null)).isEqualTo(MAPPER.readTree("[\"JSON\",\"PROTOBUF\",\"AVRO\"]"));
        assertThat(ok("GET", "/subjects", null)).isEmpty();
        JsonNode registered = ok("POST", "/subjects/test/versions", STRING);
        assertThat(registered.path("id").asInt()).isEqualTo(1);
        assertThat(registered.path("version").asInt()).isEqualTo(1);
        assertThat(ok("GET", "/subjects", null)).isEqualTo(MAPPER.readTree("[\"test\"]"));
        assertThat(ok("GET", "/subjects?subjectPrefix=te", null)).hasSize(1);
        assertThat(ok("GET", "/subjects?subjectPrefix=x", null)).isEmpty();
        assertThat(ok("GET", "/subjects/test/versions", null)).isEqualTo(MAPPER.readTree("[1]"));

        JsonNode version = ok("GET", "/subjects/test/versions/1", null);
        assertThat(version.path("subject").asText()).isEqualTo("test");
        assertThat(version.path("id").asInt()).isEqualTo(1);
        assertThat(version.path("version").asInt()).isEqualTo(1);
        assertThat(version.path("schema").asText()).isEqualTo("{\"type\": \"string\"}");
        assertThat(version.has("schemaType")).as("Avro is taken for granted").isFalse();
        assertThat(ok("GET", "/subjects/test/versions/latest/schema", null))
                .isEqualTo(MAPPER.readTree("{\"type\":\"string\"}"));
        assertThat(ok("GET", "/subjects/test/versions/-1", null)).isEqualTo(version);
        assertThat(ok("POST", "/subjects/test", STRING)).isEqualTo(version);
        assertThat(ok("GET", "/subjects/test/versions/1/referencedby", null)).isEmpty();

        JsonNode byId = ok("GET", "/schemas/ids/1?fetchMaxId=true", null);
        assertThat(byId.path("schema").asText()).isEqualTo("{\"type\": \"string\"}");
        assertThat(byId.path("maxId").asInt()).isEqualTo(1);
        String guid = byId.path("guid").asText();
        assertThat(ok("GET", "/schemas/guids/" + guid, null).path("schema").asText())
                .isEqualTo("{\"type\": \"string\"}");
        assertThat(ok("GET", "/schemas/guids/" + guid + "/ids", null))
                .isEqualTo(MAPPER.readTree("[{\"context\":\".\",\"id\":1}]"));
        assertThat(ok("GET", "/schemas/ids/1/schema", null)).isEqualTo(MAPPER.readTree("{\"type\":\"string\"}"));
        assertThat(ok("GET", "/schemas/ids/1/subjects", null)).isEqualTo(MAPPER.readTree("[\"test\"]"));
        assertThat(ok("GET", "/schemas/ids/1/versions", null))
                .isEqualTo(MAPPER.readTree("[{\"subject\":\"test\",\"version\":1}]"));
        assertThat(ok("GET", "/schemas?latestOnly=true", null)).hasSize(1);
        assertThat(ok("GET", "/contexts", null)).isEqualTo(MAPPER.readTree("[\".\"]"));
        assertThat(ok("GET", "/v1/metadata/version", null).path("version").asText())
                .isEqualTo("1.0");
        assertThat(ok("GET", "/v1/metadata/id", null)
                        .path("scope")
                        .path("clusters")
                        .size())
                .isEqualTo(2);

        assertThat(ok("DELETE", "/subjects/test/versions/1", null).asInt()).isEqualTo(1);
        assertThat(ok("DELETE", "/subjects/test/versions/1?permanent=true", null)
                        .asInt())
                .isEqualTo(1);
        ok("POST", "/subjects/test/versions", STRING);
        assertThat(ok("DELETE", "/subjects/test", null)).isEqualTo(MAPPER.readTree("[1]"));
        assertThat(ok("GET", "/subjects", null)).isEmpty();
        assertThat(ok("GET", "/subjects?deleted=true", null)).isEqualTo(MAPPER.readTree("[\"test\"]"));
        assertThat(ok("GET", "/subjects?deletedOnly=true", null)).isEqualTo(MAPPER.readTree("[\"test\"]"));
        assertThat(ok("GET", "/subjects/test/versions/1?deleted=true", null)
                        .path("deleted")
                        .asBoolean())
                .isTrue();
        assertThat(ok("DELETE", "/subjects/test?permanent=true", null)).isEqualTo(MAPPER.readTree("[1]"));
    }

    @Test
    void replaysTheDocumentedCallsOnCompatibilityAndMode() throws Exception {
        assertThat(ok("GET", "/config", null)).isEqualTo(MAPPER.readTree("{\"compatibilityLevel\":\"BACKWARD\"}"));
        assertThat(ok("PUT", "/config", "{\"compatibility\": \"FULL\"}"))
                .isEqualTo(MAPPER.readTree("{\"compatibility\":\"FULL\"}"));
        assertThat(ok("GET", "/config", null)).isEqualTo(MAPPER.readTree("{\"compatibilityLevel\":\"FULL\"}"));
        refused(404, 40408, "GET", "/config/test", null);
        assertThat(ok("GET", "/config/test?defaultToGlobal=true", null)
                        .path("compatibilityLevel")
                        .asText())
                .isEqualTo("FULL");
        ok("PUT", "/config/test", "{\"compatibility\": \"backward\"}");
        assertThat(ok("GET", "/config/test", null)).isEqualTo(MAPPER.readTree("{\"compatibilityLevel\":\"BACKWARD\"}"));
        assertThat(ok("DELETE", "/config/test", null))
                .isEqualTo(MAPPER.readTree("{\"compatibilityLevel\":\"BACKWARD\"}"));
        assertThat(ok("DELETE", "/config", null)).isEqualTo(MAPPER.readTree("{\"compatibilityLevel\":\"FULL\"}"));

        ok("POST", "/subjects/test/versions", STRING);
        assertThat(ok("POST", "/compatibility/subjects/test/versions/latest", STRING))
                .isEqualTo(MAPPER.readTree("{\"is_compatible\":true}"));
        JsonNode not = ok("POST", "/compatibility/subjects/test/versions/latest?verbose=true", schema("\"int\""));
        assertThat(not.path("is_compatible").asBoolean()).isFalse();
        assertThat(not.path("messages").get(0).asText())
                .contains("TYPE_MISMATCH", "old: 'string'", "new: 'int'", "fix:");
        assertThat(not).hasSize(2);
        assertThat(ok("POST", "/compatibility/subjects/test/versions", schema("\"int\""))
                        .path("is_compatible")
                        .asBoolean())
                .isFalse();
        assertThat(ok("POST", "/compatibility/subjects/new/versions/latest", STRING)
                        .path("is_compatible")
                        .asBoolean())
                .isTrue();
        refused(409, 409, "POST", "/subjects/test/versions", schema("\"int\""));

        assertThat(ok("GET", "/mode", null)).isEqualTo(MAPPER.readTree("{\"mode\":\"READWRITE\"}"));
        assertThat(ok("PUT", "/mode", "{\"mode\": \"READONLY\"}"))
                .isEqualTo(MAPPER.readTree("{\"mode\":\"READONLY\"}"));
        refused(422, 42205, "POST", "/subjects/test/versions", schema("\"long\""));
        refused(404, 40409, "GET", "/mode/test", null);
        ok("PUT", "/mode/test", "{\"mode\": \"READWRITE\"}");
        assertThat(ok("DELETE", "/mode/test", null).path("mode").asText()).isEqualTo("READWRITE");
        refused(422, 42204, "PUT", "/mode", "{\"mode\": \"SOMETIMES\"}");
        ok("PUT", "/mode", "{\"mode\": \"READWRITE\"}");
        refused(422, 42205, "PUT", "/mode", "{\"mode\": \"IMPORT\"}");
        ok("PUT", "/mode?force=true", "{\"mode\": \"IMPORT\"}");
    }

    @Test
    void keepsAllThreeFormatsWithReferencesInContexts() throws Exception {
        ok("POST", "/subjects/money/versions", schema("JSON", "{\"type\":\"integer\"}"));
        ObjectNode order = MAPPER.createObjectNode()
                .put("schemaType", "JSON")
                .put("schema", "{\"type\":\"object\",\"properties\":{\"total\":{\"$ref\":\"money.json\"}}}");
        order.putArray("references")
                .addObject()
                .put("name", "money.json")
                .put("subject", "money")
                .put("version", 1);
        JsonNode registered = ok("POST", "/subjects/orders-value/versions", order.toString());
        JsonNode found = ok("GET", "/schemas/ids/" + registered.path("id").asInt(), null);
        assertThat(found.path("schemaType").asText()).isEqualTo("JSON");
        assertThat(found.path("references")).isEqualTo(order.get("references"));
        assertThat(ok("GET", "/subjects/money/versions/1/referencedby", null)
                        .get(0)
                        .asInt())
                .isEqualTo(registered.path("id").asInt());
        refused(422, 42206, "DELETE", "/subjects/money", null);

        String proto = schema("PROTOBUF", "syntax = \"proto3\"; message A { int32 a = 1; }");
        assertThat(ok("POST", "/subjects/:.test:a/versions", proto).path("id").asInt())
                .isEqualTo(1);
        assertThat(ok("GET", "/contexts/.test/subjects", null)).isEqualTo(MAPPER.readTree("[\":.test:a\"]"));
        assertThat(ok("GET", "/contexts/test/subjects/a/versions/1", null)
                        .path("subject")
                        .asText())
                .isEqualTo(":.test:a");
        assertThat(ok("GET", "/schemas/ids/1?subject=:.test:", null)
                        .path("schemaType")
                        .asText())
                .isEqualTo("PROTOBUF");
        assertThat(ok("GET", "/contexts", null)).isEqualTo(MAPPER.readTree("[\".\",\".test\"]"));
        assertThat(ok("POST", "/subjects/a%2Fb%20c/versions", STRING)
                        .path("version")
                        .asInt())
                .isEqualTo(1);
        assertThat(ok("GET", "/subjects/a%2Fb%20c/versions", null)).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "GET    | /subjects/none/versions                     | 404 | 40401 |",
                "GET    | /subjects/none/versions/1                   | 404 | 40401 |",
                "POST   | /subjects/none                              | 404 | 40401 | {\"schema\":\"\\\"int\\\"\"}",
                "DELETE | /subjects/none                              | 404 | 40401 |",
                "GET    | /schemas/ids/99                             | 404 | 40403 |",
                "GET    | /schemas/ids/x                              | 404 | 40403 |",
                "GET    | /schemas/guids/x                            | 404 | 40403 |",
                "GET    | /subjects/there/versions/9                  | 404 | 40402 |",
                "GET    | /subjects/there/versions/0                  | 422 | 42202 |",
                "GET    | /subjects/there/versions/first              | 422 | 42202 |",
                "POST   | /subjects/there                             | 404 | 40403 | {\"schema\":\"\\\"int\\\"\"}",
                "POST   | /subjects/x/versions                        | 422 | 42201 | {}",
                "POST   | /subjects/x/versions                        | 422 | 42201 | {\"schema\":\"\"}",
                "POST   | /subjects/x/versions                        | 422 | 42201 | {\"schema\":\"{\"}",
                "POST   | /subjects/x/versions                        | 422 | 42201 | {\"schema\":\"x\",\"schemaType\":\"XML\"}",
                "POST   | /subjects/x/versions                        | 422 | 42201 | {\"schema\":\"\\\"int\\\"\",\"ruleSet\":{\"a\":1}}",
                "POST   | /subjects/x/versions                        | 422 | 42205 | {\"schema\":\"\\\"int\\\"\",\"id\":5}",
                "POST   | /subjects/x/versions                        | 400 | 400   | {\"schema\":5}",
                "POST   | /subjects/x/versions                        | 400 | 400   | [1]",
                "POST   | /subjects/x/versions                        | 400 | 400   | {\"schema\":",
                "POST   | /subjects/x/versions                        | 400 | 400   | {\"a\":1} {}",
                "GET    | /subjects?offset=x                          | 400 | 400   |",
                "POST   | /subjects/__GLOBAL/versions                 | 422 | 42208 | {\"schema\":\"\\\"int\\\"\"}",
                "PUT    | /config                                     | 422 | 42203 | {\"compatibility\":\"SOME\"}",
                "PUT    | /config                                     | 422 | 42203 | {}",
                "POST   | /compatibility/subjects/none/versions/3     | 404 | 40401 | {\"schema\":\"\\\"int\\\"\"}",
                "POST   | /compatibility/subjects/there/versions/3    | 404 | 40402 | {\"schema\":\"\\\"int\\\"\"}",
            })
    void badRequestsHaveTheirCode(String method, String path, int status, int code, String body) throws Exception {
        ok("POST", "/subjects/there/versions", STRING);
        refused(status, code, method, path, body);
    }

    @Test
    void boundsBodiesDepthAndTypes() throws Exception {
        HttpResponse<String> xml = send("POST", "/subjects/x/versions", "<schema/>", "application/xml");
        assertThat(xml.statusCode()).isEqualTo(415);
        assertThat(MAPPER.readTree(xml.body()).path("error_code").asInt()).isEqualTo(415);
        for (String type : List.of("application/json; charset=utf-8", "application/octet-stream", TYPE)) {
            assertThat(send("POST", "/subjects/x/versions", STRING, type).statusCode())
                    .isEqualTo(200);
        }
        refused(400, 400, "POST", "/subjects/x/versions", "{\"a\":".repeat(150) + "1" + "}".repeat(150));
        assertThat(send("POST", "/subjects/x/versions", "x".repeat(2_000), TYPE).statusCode())
                .isEqualTo(413);
        HttpResponse<String> wrong = send("PATCH", "/subjects/x", null, null);
        assertThat(wrong.statusCode()).isEqualTo(405);
        assertThat(wrong.headers().firstValue("allow")).hasValue("DELETE, POST");
        assertThat(wrong.headers().firstValue("content-type")).hasValue("application/problem+json");
        HttpResponse<String> lost = send("GET", "/subjcts", null, null);
        assertThat(lost.statusCode()).isEqualTo(404);
        assertThat(MAPPER.readTree(lost.body()).path("status").asInt()).isEqualTo(404);
    }

    @Test
    void tellsReasonsOneByOneToThoseWhoAsk() throws Exception {
        ok("POST", "/subjects/test/versions", STRING);
        HttpResponse<String> response = send("POST", "/subjects/test/versions?details=true", schema("\"int\""), TYPE);
        JsonNode violation = MAPPER.readTree(response.body()).path("violations").get(0);
        assertThat(violation.path("rule").asText()).isEqualTo("TYPE_MISMATCH");
        assertThat(violation.path("againstVersion").asInt()).isEqualTo(1);
        assertThat(violation.path("fix").asText()).isNotBlank();
        HttpResponse<String> compared =
                send("POST", "/api/v1/schemas/compare?subject=test&version=1&level=forward", schema("\"int\""), TYPE);
        assertThat(MAPPER.readTree(compared.body())
                        .path("violations")
                        .get(0)
                        .path("direction")
                        .asText())
                .isEqualTo("FORWARD");
        HttpResponse<String> problem = send("POST", "/api/v1/schemas/compare?subject=none", schema("\"int\""), TYPE);
        assertThat(problem.statusCode()).isEqualTo(404);
        assertThat(problem.headers().firstValue("content-type")).hasValue("application/problem+json");
    }

    @Test
    void tellsToWaitWhileTheBrokerStarts() throws Exception {
        try (HttpServer starting = new HttpServer(10, 10_000, false)) {
            String answer = starting.exchange("GET /subjects HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            assertThat(answer).startsWith("HTTP/1.1 503").contains("retry-after: 1", "\"code\":\"starting\"");
        }
    }
}
