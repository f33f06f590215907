package dev.millrace.client.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.client.schema.SchemaRegistryException.Incompatibility;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Talks to the schema registry of a broker, or to another one with the same HTTP interface. What cannot change, the schema
 * of an id, is asked for once. Needs Jackson. Thread: any; calls wait for the answer.
 *
 * <p>Fails: {@link SchemaRegistryException}.
 */
public final class SchemaRegistryClient {
    private static final String CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final String url;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final Map<Integer, RegistrySchema> schemas = new ConcurrentHashMap<>();
    private final Map<VersionKey, Integer> versions = new ConcurrentHashMap<>();

    private record VersionKey(String subject, int id) {}

    /** A version of a subject. */
    public record Version(String subject, int version, int id, RegistrySchema schema) {}

    private SchemaRegistryClient(String url) {
        this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    /** @param url such as {@code http://localhost:7680} */
    public static SchemaRegistryClient of(String url) {
        return new SchemaRegistryClient(url);
    }

    /** Registers a schema as the next version, or finds it; returns its id. */
    public int register(String subject, RegistrySchema schema) {
        JsonNode answer = post("/subjects/" + encoded(subject) + "/versions?details=true", body(schema));
        return answer.path("id").asInt();
    }

    /** The id of a schema that must be registered already. */
    public int idOf(String subject, RegistrySchema schema) {
        return post("/subjects/" + encoded(subject), body(schema)).path("id").asInt();
    }

    /** The schema of an id. */
    public RegistrySchema schema(int id) {
        RegistrySchema known = schemas.get(id);
        if (known == null) {
            known = schema(get("/schemas/ids/" + id));
            schemas.put(id, known);
        }
        return known;
    }

    /** Which version of a subject has an id. */
    public int versionOf(String subject, int id) {
        Integer known = versions.get(new VersionKey(subject, id));
        if (known != null) {
            return known;
        }
        JsonNode found = get("/schemas/ids/" + id + "/versions?deleted=true");
        for (JsonNode version : found) {
            if (version.path("subject").asText().equals(subject)) {
                int number = version.path("version").asInt();
                versions.put(new VersionKey(subject, id), number);
                return number;
            }
        }
        throw new SchemaRegistryException(
                40403,
                "schema " + id + " is no version of subject \"" + subject + "\" but of " + found,
                List.of(),
                null);
    }

    /** @param version a number, or "latest" */
    public Version version(String subject, String version) {
        JsonNode found = get("/subjects/" + encoded(subject) + "/versions/" + encoded(version));
        return new Version(
                found.path("subject").asText(),
                found.path("version").asInt(),
                found.path("id").asInt(),
                schema(found));
    }

    /** What stands against a schema as the next version of a subject; empty where nothing does. */
    public List<Incompatibility> check(String subject, RegistrySchema schema) {
        return incompatibilities(post(
                "/compatibility/subjects/" + encoded(subject) + "/versions?verbose=true&details=true", body(schema)));
    }

    /** What would stand against a schema after one version, under a compatibility such as FULL. */
    public List<Incompatibility> compare(String subject, String version, RegistrySchema schema, String level) {
        return incompatibilities(post(
                "/api/v1/schemas/compare?subject=" + encoded(subject) + "&version=" + encoded(version) + "&level="
                        + encoded(level),
                body(schema)));
    }

    /** The text of a schema with what it refers to, each only once and before it is needed. */
    List<RegistrySchema> withReferences(RegistrySchema schema) {
        List<RegistrySchema> all = new ArrayList<>();
        addReferences(schema, all, new ArrayList<>());
        all.add(schema);
        return all;
    }

    private void addReferences(RegistrySchema schema, List<RegistrySchema> all, List<RegistrySchema.Reference> seen) {
        for (RegistrySchema.Reference reference : schema.references()) {
            if (!seen.contains(reference)) {
                seen.add(reference);
                RegistrySchema referred = version(reference.subject(), Integer.toString(reference.version()))
                        .schema();
                addReferences(referred, all, seen);
                all.add(referred);
            }
        }
    }

    /** Any request; the path begins with a slash. Returns the answer's body. */
    public JsonNode get(String path) {
        return send(request(path).GET());
    }

    public JsonNode delete(String path) {
        return send(request(path).DELETE());
    }

    public JsonNode post(String path, JsonNode body) {
        return send(request(path).POST(HttpRequest.BodyPublishers.ofString(body.toString())));
    }

    public JsonNode put(String path, JsonNode body) {
        return send(request(path).PUT(HttpRequest.BodyPublishers.ofString(body.toString())));
    }

    /** A step of a path, or a value of a query. */
    public static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private HttpRequest.Builder request(String path) {
        try {
            return HttpRequest.newBuilder(URI.create(url + path))
                    .timeout(TIMEOUT)
                    .header("content-type", CONTENT_TYPE)
                    .header("accept", CONTENT_TYPE + ", application/json");
        } catch (IllegalArgumentException malformed) {
            throw new SchemaRegistryException(
                    SchemaRegistryException.UNREACHABLE,
                    "\"" + url + "\" is no address of a schema registry; it looks like http://localhost:7680",
                    List.of(),
                    malformed);
        }
    }

    private JsonNode send(HttpRequest.Builder request) {
        HttpResponse<String> response;
        try {
            response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException unreachable) {
            throw new SchemaRegistryException(
                    SchemaRegistryException.UNREACHABLE,
                    "the schema registry at " + url + " does not answer (" + unreachable
                            + "). Check that the broker runs and that this is its HTTP address",
                    List.of(),
                    unreachable);
        } catch (InterruptedException interrupted) {
            throw SchemaRegistryException.interrupted("while asking " + url, interrupted);
        }
        JsonNode body = parse(response);
        if (response.statusCode() >= 400) {
            JsonNode message = body.has("message") ? body.get("message") : body.path("detail");
            throw new SchemaRegistryException(
                    body.path("error_code").asInt(response.statusCode()),
                    message.asText("the registry answered " + response.statusCode()),
                    incompatibilities(body),
                    null);
        }
        return body;
    }

    private JsonNode parse(HttpResponse<String> response) {
        try {
            return MAPPER.readTree(response.body());
        } catch (IOException notJson) {
            throw new SchemaRegistryException(
                    response.statusCode(),
                    url + " answered " + response.statusCode() + " and no JSON: is it a schema registry?",
                    List.of(),
                    notJson);
        }
    }

    /** The body of a request that sends a schema. */
    public static ObjectNode body(RegistrySchema schema) {
        ObjectNode body = MAPPER.createObjectNode();
        body.put("schemaType", schema.type()).put("schema", schema.text());
        if (!schema.references().isEmpty()) {
            ArrayNode references = body.putArray("references");
            for (RegistrySchema.Reference reference : schema.references()) {
                references
                        .addObject()
                        .put("name", reference.name())
                        .put("subject", reference.subject())
                        .put("version", reference.version());
            }
        }
        return body;
    }

    private static RegistrySchema schema(JsonNode node) {
        List<RegistrySchema.Reference> references = new ArrayList<>();
        for (JsonNode reference : node.path("references")) {
            references.add(new RegistrySchema.Reference(
                    reference.path("name").asText(),
                    reference.path("subject").asText(),
                    reference.path("version").asInt()));
        }
        return new RegistrySchema(
                node.path("schemaType").asText("AVRO"), node.path("schema").asText(), references);
    }

    private static List<Incompatibility> incompatibilities(JsonNode body) {
        List<Incompatibility> found = new ArrayList<>();
        for (JsonNode violation : body.path("violations")) {
            found.add(new Incompatibility(
                    violation.path("path").asText(),
                    violation.path("rule").asText(),
                    violation.path("old").asText(),
                    violation.path("new").asText(),
                    violation.path("againstVersion").asInt(),
                    violation.path("direction").asText(),
                    violation.path("fix").asText()));
        }
        return found;
    }
}
