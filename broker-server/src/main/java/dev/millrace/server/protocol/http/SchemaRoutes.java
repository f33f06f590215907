package dev.millrace.server.protocol.http;

import static io.netty.handler.codec.http.HttpMethod.DELETE;
import static io.netty.handler.codec.http.HttpMethod.GET;
import static io.netty.handler.codec.http.HttpMethod.POST;
import static io.netty.handler.codec.http.HttpMethod.PUT;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.core.error.FaultException;
import dev.millrace.server.schema.Compatibility;
import dev.millrace.server.schema.SchemaRefusal;
import dev.millrace.server.schema.SchemaRegistry;
import dev.millrace.server.schema.SubjectName;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The schema registry over HTTP, in the paths, bodies and codes that the serializers of others speak. Each path works
 * below {@code /contexts/{context}} as well.
 */
final class SchemaRoutes {
    private static final String READ = "schema_read";
    private static final String CHANGE = "schema_change";

    private final SchemaRegistry registry;
    private final List<Route> routes = new ArrayList<>();

    private SchemaRoutes(SchemaRegistry registry) {
        this.registry = registry;
    }

    /** @param clusterId for clients that ask which registry this is */
    static List<Route> of(SchemaRegistry registry, UUID clusterId, String version) {
        SchemaRoutes all = new SchemaRoutes(registry);
        all.addSubjects(new SubjectRoutes(registry));
        all.addSchemas(new SchemaIdRoutes(registry));
        all.addSettings(new SchemaSettingRoutes(registry));
        all.add(GET, "/", READ, call -> SchemaJson.answer(SchemaJson.NODES.objectNode()));
        all.add(GET, "/contexts", READ, call -> SchemaJson.answer(SchemaJson.texts(registry.contexts())));
        all.add(GET, "/v1/metadata/id", READ, call -> SchemaJson.answer(metadata(clusterId)));
        all.add(
                GET,
                "/v1/metadata/version",
                READ,
                call -> SchemaJson.answer(
                        SchemaJson.NODES.objectNode().put("version", version).put("commitId", "")));
        all.routes.add(Route.of(POST, "/api/v1/schemas/compare", READ, all::compare));
        return all.routes;
    }

    private void addSubjects(SubjectRoutes subjects) {
        both(GET, "/subjects", READ, subjects::list);
        both(POST, "/subjects/{subject}", READ, subjects::lookup);
        both(DELETE, "/subjects/{subject}", CHANGE, subjects::delete);
        both(GET, "/subjects/{subject}/versions", READ, subjects::versions);
        both(POST, "/subjects/{subject}/versions", CHANGE, subjects::register);
        both(GET, "/subjects/{subject}/versions/{version}", READ, subjects::version);
        both(DELETE, "/subjects/{subject}/versions/{version}", CHANGE, subjects::deleteVersion);
        both(GET, "/subjects/{subject}/versions/{version}/schema", READ, subjects::text);
        both(GET, "/subjects/{subject}/versions/{version}/referencedby", READ, subjects::referencedBy);
        both(POST, "/compatibility/subjects/{subject}/versions", READ, subjects::check);
        both(POST, "/compatibility/subjects/{subject}/versions/{version}", READ, subjects::check);
    }

    private void addSchemas(SchemaIdRoutes schemas) {
        both(GET, "/schemas", READ, schemas::list);
        both(GET, "/schemas/types", READ, schemas::types);
        both(GET, "/schemas/ids/{id}", READ, schemas::schema);
        both(GET, "/schemas/ids/{id}/schema", READ, schemas::text);
        both(GET, "/schemas/ids/{id}/subjects", READ, schemas::subjects);
        both(GET, "/schemas/ids/{id}/versions", READ, schemas::versions);
        both(GET, "/schemas/guids/{guid}", READ, schemas::schemaOfGuid);
        both(GET, "/schemas/guids/{guid}/ids", READ, schemas::idsOfGuid);
    }

    private void addSettings(SchemaSettingRoutes settings) {
        for (String path : List.of("/config", "/config/{subject}")) {
            both(GET, path, READ, settings::config);
            both(PUT, path, CHANGE, settings::setConfig);
            both(DELETE, path, CHANGE, settings::deleteConfig);
        }
        for (String path : List.of("/mode", "/mode/{subject}")) {
            both(GET, path, READ, settings::mode);
            both(PUT, path, CHANGE, settings::setMode);
            both(DELETE, path, CHANGE, settings::deleteMode);
        }
    }

    private void both(HttpMethod method, String path, String kind, Route.Handler handler) {
        add(method, path, kind, handler);
        add(method, "/contexts/{context}" + path, kind, handler);
    }

    private void add(HttpMethod method, String path, String kind, Route.Handler handler) {
        routes.add(Route.of(method, path, kind, call -> answer(call, handler)));
    }

    /** Whatever goes wrong, in the registry's own form of an error. */
    private static HttpAnswer answer(HttpCall call, Route.Handler handler) {
        try {
            return handler.answer(call);
        } catch (SchemaRefusal refusal) {
            return SchemaJson.error(refusal, call.flag("details"));
        } catch (HttpProblem problem) {
            return SchemaJson.error(problem.status(), problem.status(), problem.getMessage());
        } catch (FaultException failure) {
            HttpProblem problem = HttpProblem.of(failure);
            return SchemaJson.error(problem.status(), SchemaRefusal.STORE_ERROR, problem.getMessage());
        }
    }

    /** A path's subject; an empty one stands for the context, or for everything. */
    static SubjectName subject(HttpCall call) {
        String name = call.path("subject");
        SubjectName subject = name == null ? SubjectName.parse("") : SubjectName.parse(name);
        String context = context(call);
        return subject.in(context);
    }

    /** A path's subject that must have a name. */
    static SubjectName namedSubject(HttpCall call) {
        return SubjectName.of(call.path("subject")).in(context(call));
    }

    /** The context of the path, else that of the parameter "subject", else the default one. */
    static String context(HttpCall call) {
        String context = call.path("context");
        if (context != null) {
            String bare = context.startsWith(":") && context.endsWith(":") && context.length() > 2
                    ? context.substring(1, context.length() - 1)
                    : context;
            return bare.startsWith(".") ? bare : "." + bare;
        }
        return call.query("subject")
                .map(SubjectName::parse)
                .map(SubjectName::context)
                .orElse(SubjectName.DEFAULT_CONTEXT);
    }

    private static ObjectNode metadata(UUID clusterId) {
        ObjectNode body = SchemaJson.NODES.objectNode().put("id", clusterId.toString());
        ObjectNode scope = body.putObject("scope");
        scope.putArray("path");
        scope.putObject("clusters")
                .put("kafka-cluster", clusterId.toString())
                .put("schema-registry-cluster", "millrace");
        return body;
    }

    private HttpAnswer compare(HttpCall call) {
        try {
            SubjectName subject = SubjectName.of(call.query("subject").orElse(""));
            String level = call.query("level").orElse("FULL");
            Compatibility compatibility = Compatibility.of(level)
                    .orElseThrow(() -> new HttpProblem(
                            400,
                            "invalid_compatibility",
                            "level=" + HttpProblem.shown(level) + " is none of " + List.of(Compatibility.values())));
            ObjectNode body = SchemaJson.NODES.objectNode();
            body.set(
                    "violations",
                    SchemaJson.violations(registry.compare(
                            subject,
                            SchemaJson.submission(call),
                            call.query("version").orElse("latest"),
                            compatibility)));
            return HttpAnswer.of(200, HttpAnswer.JSON, body.toString());
        } catch (SchemaRefusal refusal) {
            throw new HttpProblem(refusal.status(), "schema_" + refusal.code(), refusal.getMessage());
        }
    }
}
