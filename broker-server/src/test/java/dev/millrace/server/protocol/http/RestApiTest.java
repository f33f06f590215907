package dev.millrace.server.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.core.Broker;
import dev.millrace.core.DeadLetterOperations.Claim;
import dev.millrace.core.DeadLetterOperations.Failure;
import dev.millrace.core.DeadLetterOperations.Placement;
import dev.millrace.core.GroupOperations.Join;
import dev.millrace.core.GroupOperations.Membership;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The broker's own API over HTTP, against a real broker. */
@Timeout(60)
class RestApiTest {
    private static final String ONE = "/v1/topics/orders/partitions/0/records";

    @TempDir
    private Path directory;

    private RestServer rest;

    @BeforeEach
    void open() {
        rest = new RestServer(directory);
    }

    @AfterEach
    void close() {
        rest.close();
    }

    private void createTopic(String settings) throws Exception {
        rest.expect(201, "POST", "/v1/topics", "{\"name\":\"orders\",\"partitions\":1,\"settings\":" + settings + "}");
    }

    // ---- topics

    @Test
    void createsDescribesChangesAndDeletesTopics() throws Exception {
        HttpResponse<String> created = rest.send(
                "POST",
                "/v1/topics",
                "{\"name\":\"orders\",\"partitions\":2,\"settings\":{\"retention\":\"7d\"}}",
                "content-type",
                "application/json");
        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(created.headers().firstValue("location")).hasValue("/v1/topics/orders");
        rest.refused(409, "topic_exists", "POST", "/v1/topics", "{\"name\":\"orders\"}");
        assertThat(rest.get("/v1/topics").path("topics")).hasSize(1);
        assertThat(rest.get("/v1/topics?pattern=other.*").path("topics")).isEmpty();
        JsonNode topic = rest.get("/v1/topics/orders");
        assertThat(topic.path("partitions").asInt()).isEqualTo(2);
        assertThat(topic.path("settings").path("retention").asText()).isEqualTo("7d");
        assertThat(topic.path("partitionOffsets").get(1).path("endOffset").asInt())
                .isZero();
        JsonNode changed =
                rest.expect(200, "PATCH", "/v1/topics/orders", "{\"partitions\":3,\"settings\":{\"retention\":null}}");
        assertThat(changed.path("partitions").asInt()).isEqualTo(3);
        assertThat(changed.path("settings")).isEmpty();
        JsonNode problem = rest.refused(
                400, "invalid_setting", "PATCH", "/v1/topics/orders", "{\"settings\":{\"retention\":\"ever\"}}");
        assertThat(problem.path("fault").asInt()).isEqualTo(2004);
        assertThat(rest.expect(200, "DELETE", "/v1/topics/orders", null)
                        .path("deleted")
                        .asText())
                .isEqualTo("orders");
        rest.refused(404, "topic_not_found", "GET", "/v1/topics/orders", null);
    }

    // ---- records

    @Test
    void publishesAndReadsWhatWasPublished() throws Exception {
        createTopic("{}");
        JsonNode published = rest.post(
                "/v1/topics/orders/records",
                "{\"key\":\"customer-7\",\"value\":{\"total\":12},\"timestamp\":\"2026-01-31T14:03:00Z\","
                        + "\"headers\":{\"source\":\"shop\",\"raw\":{\"base64\":\"/w==\"},\"two\":[\"a\",null]}}");
        assertThat(published)
                .isEqualTo(RestServer.MAPPER
                        .createObjectNode()
                        .put("topic", "orders")
                        .put("partition", 0)
                        .put("offset", 0)
                        .put("timestamp", published.path("timestamp").asLong())
                        .put("duplicate", false));
        JsonNode record = rest.get(ONE).path("records").get(0);
        assertThat(record.path("key").asText()).isEqualTo("customer-7");
        assertThat(record.path("value").asText()).isEqualTo("{\"total\":12}");
        assertThat(record.path("timestamp").asLong()).isEqualTo(1769868180000L);
        assertThat(record.path("headers"))
                .isEqualTo(RestServer.MAPPER.readTree(
                        "{\"source\":\"shop\",\"raw\":{\"base64\":\"/w==\"},\"two\":[\"a\",null]}"));
        assertThat(rest.get(ONE + "?values=json").path("records").get(0).path("value"))
                .isEqualTo(RestServer.MAPPER.readTree("{\"total\":12}"));
        assertThat(rest.get(ONE + "?values=base64")
                        .path("records")
                        .get(0)
                        .path("valueBase64")
                        .asText())
                .isEqualTo("eyJ0b3RhbCI6MTJ9");
    }

    @Test
    void keepsEveryDigitOfJsonValues() throws Exception {
        createTopic("{}");
        String digits = "{\"sum\":12.50,\"precise\":0.12345678901234567890123,\"large\":12345678901234567890123}";
        rest.post("/v1/topics/orders/records", "{\"value\":" + digits + "}");
        assertThat(rest.get(ONE).path("records").get(0).path("value").asText()).isEqualTo(digits);
        assertThat(rest.send("GET", ONE + "?values=json", null).body()).contains(digits);
    }

    @Test
    void publishesSeveralAndReadsThemPageByPage() throws Exception {
        createTopic("{}");
        JsonNode published = rest.post(
                "/v1/topics/orders/records",
                "{\"records\":[{\"value\":\"a\",\"timestamp\":1000},{\"valueBase64\":\"AP8=\",\"timestamp\":2000},"
                        + "{\"key\":\"k\",\"value\":null,\"timestamp\":3000}]}");
        assertThat(published.path("records")).hasSize(3);
        assertThat(published.path("records").get(2).path("offset").asInt()).isEqualTo(2);
        JsonNode page = rest.get(ONE + "?limit=2");
        assertThat(page.path("records")).hasSize(2);
        assertThat(page.path("nextOffset").asInt()).isEqualTo(2);
        assertThat(page.path("endOffset").asInt()).isEqualTo(3);
        assertThat(page.path("records").get(1).path("valueBase64").asText()).isEqualTo("AP8=");
        JsonNode rest2 = rest.get(ONE + "?offset=2");
        assertThat(rest2.path("records").get(0).path("value").isNull()).isTrue();
        assertThat(rest.get(ONE + "?offset=latest").path("records")).isEmpty();
        assertThat(rest.get(ONE + "?time=1970-01-01T00:00:02Z").path("records")).hasSize(2);
        assertThat(rest.get(ONE + "?offset=@2000").path("records")).hasSize(2);
        rest.refused(410, "offset_out_of_range", "GET", ONE + "?offset=4", null);
        rest.refused(404, "partition_not_found", "GET", "/v1/topics/orders/partitions/1/records", null);
    }

    @Test
    void recognisesRecordsThatArePublishedAgain() throws Exception {
        createTopic("{\"publish.idWindow\":\"1h\"}");
        String a = "{\"id\":\"a\",\"value\":\"1\"}";
        assertThat(rest.post("/v1/topics/orders/records", a).path("duplicate").asBoolean())
                .isFalse();
        JsonNode again = rest.post("/v1/topics/orders/records", a);
        assertThat(again.path("duplicate").asBoolean()).isTrue();
        assertThat(again.path("offset").asInt()).isZero();
        JsonNode partly =
                rest.post("/v1/topics/orders/records", "{\"records\":[" + a + ",{\"id\":\"b\",\"value\":\"2\"}]}");
        assertThat(partly.path("records").get(0).path("duplicate").asBoolean()).isTrue();
        assertThat(partly.path("records").get(1).path("duplicate").asBoolean()).isFalse();
        JsonNode records = rest.get(ONE).path("records");
        assertThat(records).hasSize(2);
        assertThat(records.get(1).path("id").asText()).isEqualTo("b");
    }

    @Test
    void tellsWhichOfSeveralWereRefused() throws Exception {
        rest.expect(
                201,
                "POST",
                "/v1/topics",
                "{\"name\":\"orders\",\"partitions\":2,\"settings\":{\"messageSize\":\"1KiB\"}}");
        String large = "{\"partition\":0,\"value\":\"" + "x".repeat(2_000) + "\"}";
        JsonNode some = rest.expect(
                207,
                "POST",
                "/v1/topics/orders/records",
                "{\"records\":[" + large + ",{\"partition\":1,\"value\":\"y\"}]}");
        assertThat(some.path("records").get(0).path("problem").path("code").asText())
                .isEqualTo("message_too_large");
        assertThat(some.path("records").get(1).path("offset").asInt()).isZero();
        rest.refused(413, "message_too_large", "POST", "/v1/topics/orders/records", "{\"records\":[" + large + "]}");
        assertThat(rest.get("/v1/topics/orders/partitions/0/records").path("records"))
                .isEmpty();
    }

    @Test
    void takesCloudEventsInThreeModes() throws Exception {
        createTopic("{\"publish.idWindow\":\"1h\"}");
        String[] binary = {
            "ce-specversion",
            "1.0",
            "ce-id",
            "1",
            "ce-source",
            "/shop",
            "ce-type",
            "placed",
            "ce-partitionkey",
            "k%20ey",
            "ce-correlationid",
            "c-1",
            "content-type",
            "text/plain"
        };
        rest.expect(200, "POST", "/v1/topics/orders/records", "hello", binary);
        String structured = "{\"specversion\":\"1.0\",\"id\":\"2\",\"source\":\"/shop\",\"type\":\"placed\","
                + "\"time\":\"2026-01-31T14:03:00Z\",\"data\":{\"total\":1}}";
        rest.expect(
                200,
                "POST",
                "/v1/topics/orders/records",
                structured,
                "content-type",
                "application/cloudevents+json; charset=utf-8");
        JsonNode batch = rest.expect(
                200,
                "POST",
                "/v1/topics/orders/records",
                "[" + structured.replace("\"2\"", "\"3\"").replace("\"data\":{\"total\":1}", "\"data_base64\":\"/w==\"")
                        + "]",
                "content-type",
                "application/cloudevents-batch+json");
        assertThat(batch.path("records")).hasSize(1);
        JsonNode again = rest.expect(
                200, "POST", "/v1/topics/orders/records", structured, "content-type", "application/cloudevents+json");
        assertThat(again.path("duplicate").asBoolean()).isTrue();
        JsonNode records = rest.get(ONE).path("records");
        assertThat(records).hasSize(3);
        JsonNode first = records.get(0);
        assertThat(first.path("key").asText()).isEqualTo("k ey");
        assertThat(first.path("value").asText()).isEqualTo("hello");
        assertThat(first.path("type").asText()).isEqualTo("placed");
        assertThat(first.path("headers").path("ce_source").asText()).isEqualTo("/shop");
        assertThat(first.path("headers").path("content-type").asText()).isEqualTo("text/plain");
        assertThat(first.path("headers").path("$correlation").asText()).isEqualTo("c-1");
        assertThat(records.get(1).path("value").asText()).isEqualTo("{\"total\":1}");
        assertThat(records.get(1).path("timestamp").asLong()).isEqualTo(1769868180000L);
        assertThat(records.get(2).path("valueBase64").asText()).isEqualTo("/w==");
        JsonNode problem = rest.refused(
                400, "bad_request", "POST", "/v1/topics/orders/records", "x", "ce-specversion", "1.0", "ce-id", "1");
        assertThat(problem.path("detail").asText()).contains("needs source");
    }

    // ---- streams

    @Test
    void appendsToStreamsAndReadsThemAsTheyWere() throws Exception {
        createTopic("{\"stream.index\":\"key+tags\"}");
        UUID id = new UUID(1, 2);
        String placed = "{\"expectedVersion\":\"none\",\"events\":[{\"id\":\"" + id + "\",\"type\":\"placed\","
                + "\"tags\":[\"vip\"],\"value\":{\"total\":12}}]}";
        assertThat(rest.post("/v1/streams/orders/order-7", placed).path("versions"))
                .isEqualTo(RestServer.MAPPER.readTree("[0]"));
        assertThat(rest.post("/v1/streams/orders/order-7", placed)
                        .path("duplicate")
                        .asBoolean())
                .isTrue();
        rest.post(
                "/v1/streams/orders/order-7",
                "{\"expectedVersion\":0,\"events\":[{\"type\":\"paid\",\"value\":\"\"},{\"type\":\"sent\"}]}");
        JsonNode conflict = rest.refused(
                409,
                "wrong_expected_version",
                "POST",
                "/v1/streams/orders/order-7",
                "{\"expectedVersion\":0,\"events\":[{\"type\":\"paid\",\"value\":\"\"}]}");
        assertThat(conflict.path("actualVersion").asInt()).isEqualTo(2);
        assertThat(conflict.path("fault").asInt()).isEqualTo(2101);
        assertThat(conflict.path("retry").asText()).isEqualTo("reread");
        JsonNode all = rest.get("/v1/streams/orders/order-7");
        assertThat(all.path("events")).hasSize(3);
        assertThat(all.path("lastVersion").asInt()).isEqualTo(2);
        JsonNode first = all.path("events").get(0);
        assertThat(first.path("id").asText()).isEqualTo(id.toString());
        assertThat(first.path("version").asInt()).isZero();
        assertThat(first.path("tags").get(0).asText()).isEqualTo("vip");
        JsonNode backward = rest.get("/v1/streams/orders/order-7?direction=backward&limit=1");
        assertThat(backward.path("events").get(0).path("type").asText()).isEqualTo("sent");
        assertThat(backward.path("next").asInt()).isEqualTo(1);
        assertThat(rest.get("/v1/streams/orders/order-7?asOfVersion=1").path("events"))
                .hasSize(2);
        rest.refused(404, "stream_not_found", "GET", "/v1/streams/orders/other", null);
    }

    @Test
    void readsTheLastEventOfEveryStreamOverAllPartitions() throws Exception {
        rest.expect(
                201,
                "POST",
                "/v1/topics",
                "{\"name\":\"orders\",\"partitions\":4,\"settings\":{\"stream.index\":\"key\"}}");
        long before = -1;
        for (int i = 0; i < 12; i++) {
            JsonNode appended = rest.post(
                    "/v1/streams/orders/order-" + i % 6,
                    "{\"events\":[{\"type\":\"t\",\"value\":\"" + i + "\",\"timestamp\":" + (1_000 + i) + "}]}");
            before = appended.path("timestamp").asLong();
        }
        assertThat(before).isPositive();
        assertThat(latestValues("")).containsExactlyInAnyOrder("6", "7", "8", "9", "10", "11");
        assertThat(latestValues("&prefix=order-3")).containsExactly("9");
        assertThat(latestValues("&asOfTime=1005")).containsExactlyInAnyOrder("0", "1", "2", "3", "4", "5");
    }

    private List<String> latestValues(String query) throws Exception {
        List<String> values = new java.util.ArrayList<>();
        String after = "";
        while (after != null) {
            JsonNode page = rest.get("/v1/topics/orders/latest?limit=2" + query + after);
            page.path("events").forEach(event -> values.add(event.path("value").asText()));
            after = page.path("next").isNull()
                    ? null
                    : "&after=" + page.path("next").asText();
        }
        return values;
    }

    // ---- groups and dead letters

    @Test
    void showsLagAndMovesOffsets() throws Exception {
        createTopic("{}");
        rest.post("/v1/topics/orders/records", "{\"records\":[{\"value\":\"a\"},{\"value\":\"b\"},{\"value\":\"c\"}]}");
        rest.refused(404, "group_not_found", "GET", "/v1/groups/billing/lag", null);
        JsonNode reset = rest.post("/v1/groups/billing/reset", "{\"topic\":\"orders\",\"to\":\"earliest\"}");
        assertThat(reset.path("partitions").get(0).path("before").asInt()).isEqualTo(-1);
        assertThat(rest.get("/v1/groups/billing/lag").path("lagMessages").asInt())
                .isEqualTo(3);
        JsonNode dry = rest.post("/v1/groups/billing/reset", "{\"topic\":\"orders\",\"to\":2,\"dryRun\":true}");
        assertThat(dry.path("partitions").get(0).path("after").asInt()).isEqualTo(2);
        assertThat(rest.get("/v1/groups/billing/lag").path("lagMessages").asInt())
                .as("nothing was changed")
                .isEqualTo(3);
        rest.post("/v1/groups/billing/reset", "{\"topic\":\"orders\",\"to\":\"2\",\"partitions\":[0]}");
        assertThat(rest.get("/v1/groups/billing")
                        .path("partitions")
                        .get(0)
                        .path("committedOffset")
                        .asInt())
                .isEqualTo(2);
        assertThat(rest.get("/v1/groups").path("groups")).hasSize(1);
        rest.refused(
                410, "offset_out_of_range", "POST", "/v1/groups/billing/reset", "{\"topic\":\"orders\",\"to\":99}");
        rest.refused(400, "bad_request", "POST", "/v1/groups/billing/reset", "{\"topic\":\"orders\"}");
        rest.expect(200, "DELETE", "/v1/groups/billing", null);
        rest.refused(404, "group_not_found", "GET", "/v1/groups/billing", null);
    }

    @Test
    void listsShowsReplaysAndDiscardsDeadLetters() throws Exception {
        createTopic("{}");
        rest.post("/v1/topics/orders/records", "{\"records\":[{\"value\":\"a\"},{\"value\":\"b\"}]}");
        park("billing", 2);
        JsonNode list = rest.get("/v1/deadletters?group=billing");
        assertThat(list.path("total").asInt()).isEqualTo(2);
        assertThat(list.path("deadLetters").get(0).path("reason").asText()).isEqualTo("handler-error");
        String letters = "/v1/groups/billing/deadletters";
        JsonNode letter = rest.get(letters + "/orders/0/1");
        assertThat(letter.path("record").path("value").asText()).isEqualTo("b");
        assertThat(letter.path("state").asText()).isEqualTo("parked");
        rest.refused(404, "dead_letter_not_found", "GET", letters + "/orders/0/7", null);
        rest.refused(400, "bad_request", "POST", letters + "/replay", "{}");
        JsonNode replayed = rest.post(
                letters + "/replay",
                "{\"letters\":[{\"topic\":\"orders\",\"partition\":0,\"offset\":0}],\"value\":\"better\"}");
        assertThat(replayed.path("replayed").asInt()).isEqualTo(1);
        JsonNode discarded = rest.post(letters + "/discard", "{\"topic\":\"orders\",\"note\":\"known\"}");
        assertThat(discarded.path("discarded").asInt()).isEqualTo(1);
        assertThat(rest.get("/v1/deadletters?ended=true").path("deadLetters")).anySatisfy(ended -> {
            assertThat(ended.path("state").asText()).isEqualTo("discarded");
            assertThat(ended.path("note").asText()).contains("known");
        });
    }

    @Test
    void movesDeadLettersOfTheGroupThatIsNamedAlone() throws Exception {
        createTopic("{}");
        rest.post("/v1/topics/orders/records", "{\"records\":[{\"value\":\"a\"},{\"value\":\"b\"}]}");
        park("billing", 2);
        park("mailing", 2);
        String one = "{\"letters\":[{\"topic\":\"orders\",\"partition\":0,\"offset\":0}]}";
        assertThat(rest.post("/v1/groups/billing/deadletters/replay", one)
                        .path("replayed")
                        .asInt())
                .isEqualTo(1);
        assertThat(state("mailing", 0)).isEqualTo("parked");
        assertThat(state("billing", 0)).isNotEqualTo("parked");
        assertThat(rest.post("/v1/groups/billing/deadletters/discard", "{\"all\":true}")
                        .path("discarded")
                        .asInt())
                .isEqualTo(1);
        assertThat(state("billing", 1)).isEqualTo("discarded");
        assertThat(state("mailing", 1)).isEqualTo("parked");
    }

    private String state(String group, int offset) throws Exception {
        return rest.get("/v1/groups/" + group + "/deadletters/orders/0/" + offset)
                .path("state")
                .asText();
    }

    private void park(String group, int count) {
        Broker broker = rest.server().broker();
        Membership member = broker.groups()
                .join(new Join(group, "", null, "test", List.of("orders"), 0))
                .join();
        for (int offset = 0; offset < count; offset++) {
            broker.deadLetters()
                    .park(
                            new Claim(
                                    group,
                                    member.memberId(),
                                    member.memberEpoch(),
                                    member.assignment().get(0).partition(),
                                    offset),
                            new Failure("handler-error", "java.lang.Exception", "no", 1, 1, 1),
                            new Placement(null, false))
                    .join();
        }
    }

    // ---- the rest

    @Test
    void showsTheConfigurationInForce() throws Exception {
        JsonNode config = rest.get("/v1/config");
        assertThat(config.path("storage.tailCache").asText()).isEqualTo("16MiB");
        assertThat(config.path("limits.httpRequestsPerSecond").asText()).isEqualTo("2000");
    }

    @ParameterizedTest(name = "{0} {1} {4}")
    @CsvSource(
            delimiter = '|',
            value = {
                "POST  | /v1/topics                                    | 400 | bad_request         | {",
                "POST  | /v1/topics                                    | 400 | bad_request         | []",
                "POST  | /v1/topics                                    | 400 | bad_request         | {}",
                "POST  | /v1/topics                                    | 400 | invalid_topic       | {\"name\":\"a..b\"}",
                "POST  | /v1/topics                                    | 400 | bad_request         | {\"name\":\"a\",\"partitions\":-1}",
                "POST  | /v1/topics                                    | 400 | bad_request         | {\"name\":\"a\",\"settings\":[]}",
                "POST  | /v1/topics                                    | 400 | invalid_setting     | {\"name\":\"a\",\"settings\":{\"no\":\"1\"}}",
                "POST  | /v1/topics/none/records                       | 404 | topic_not_found     | {\"value\":\"x\"}",
                "POST  | /v1/topics/orders/records                     | 404 | partition_not_found | {\"partition\":9}",
                "POST  | /v1/topics/orders/records                     | 400 | bad_request         | {\"partition\":-2}",
                "POST  | /v1/topics/orders/records                     | 400 | bad_request         | {\"records\":[]}",
                "POST  | /v1/topics/orders/records                     | 400 | bad_request         | {\"records\":[1]}",
                "POST  | /v1/topics/orders/records                     | 400 | bad_request         | {\"valueBase64\":\"not base64\"}",
                "POST  | /v1/topics/orders/records                     | 400 | bad_request         | {\"value\":1,\"valueBase64\":\"AA==\"}",
                "POST  | /v1/topics/orders/records                     | 400 | bad_request         | {\"headers\":[]}",
                "POST  | /v1/topics/orders/records                     | 400 | bad_request         | {\"headers\":{\"a\":1}}",
                "POST  | /v1/topics/orders/records                     | 400 | bad_request         | {\"headers\":{\"a\":[[]]}}",
                "POST  | /v1/topics/orders/records                     | 400 | bad_request         | {\"timestamp\":\"noon\"}",
                "POST  | /v1/topics/orders/records                     | 400 | bad_request         | {\"timestamp\":{}}",
                "GET   | /v1/topics/orders/partitions/x/records        | 400 | bad_request         |",
                "GET   | /v1/topics/orders/partitions/0/records?limit=0 | 400 | bad_request        |",
                "GET   | /v1/topics/orders/partitions/0/records?limit=9999 | 400 | bad_request     |",
                "GET   | /v1/topics/orders/partitions/0/records?offset=x | 400 | bad_request       |",
                "GET   | /v1/topics/orders/partitions/0/records?offset=1&time=1 | 400 | bad_request |",
                "GET   | /v1/topics/orders/partitions/0/records?values=xml | 400 | bad_request     |",
                "GET   | /v1/topics/orders/tail?partition=7            | 404 | partition_not_found |",
                "GET   | /v1/topics/orders/tail?from=x                 | 400 | bad_request         |",
                "GET   | /v1/topics/orders/latest                      | 409 | index_disabled      |",
                "GET   | /v1/topics/orders/latest?after=x              | 400 | bad_request         |",
                "GET   | /v1/streams/orders/a                          | 409 | index_disabled      |",
                "GET   | /v1/streams/orders/a?direction=up             | 400 | bad_request         |",
                "GET   | /v1/streams/orders/a?asOfVersion=1&asOfTime=2 | 400 | bad_request         |",
                "POST  | /v1/streams/orders/a                          | 409 | index_disabled      | {\"events\":[{}]}",
                "POST  | /v1/streams/orders/a                          | 400 | bad_request         | {\"events\":[]}",
                "POST  | /v1/streams/orders/a                          | 400 | bad_request         | {\"events\":[{\"id\":\"x\"}]}",
                "POST  | /v1/streams/orders/a                          | 400 | bad_request         | {\"events\":[{\"key\":\"x\"}]}",
                "POST  | /v1/streams/orders/a                          | 400 | bad_request         | {\"events\":[{\"tags\":[1]}]}",
                "POST  | /v1/streams/orders/a                          | 400 | bad_request         | {\"expectedVersion\":-7,\"events\":[{}]}",
                "POST  | /v1/groups/g/deadletters/discard              | 400 | bad_request         | {\"letters\":[{}]}",
                "POST  | /v1/groups/g/deadletters/discard              | 404 | group_not_found     | {\"all\":true}",
                "GET   | /v1/nothing                                   | 404 | not_found           |",
                "PUT   | /v1/topics                                    | 405 | method_not_allowed  | {}",
            })
    void badRequestsHaveTheirCode(String method, String path, int status, String code, String body) throws Exception {
        createTopic("{}");
        rest.refused(status, code, method, path, body);
    }

    @Test
    void boundsBodiesDepthNumbersTypesAndQueries() throws Exception {
        createTopic("{}");
        String records = "/v1/topics/orders/records";
        String bomb = "{\"value\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
        assertThat(rest.refused(400, "bad_request", "POST", records, bomb)
                        .path("detail")
                        .asText())
                .contains("nesting depth");
        rest.refused(400, "bad_request", "POST", records, "{\"value\":" + "9".repeat(10_000) + "}");
        rest.refused(400, "bad_request", "POST", records, "{\"value\":1}{}");
        rest.refused(415, "unsupported_media_type", "POST", records, "<x/>", "content-type", "application/xml");
        rest.refused(413, "too_large", "POST", records, "{\"value\":\"" + "x".repeat(1 << 20) + "\"}");
        assertThat(rest.send("GET", records + "?x=" + "y".repeat(5_000), null).statusCode())
                .isEqualTo(414);
        assertThat(rest.get(ONE).path("records"))
                .as("nothing of it was published")
                .isEmpty();
    }

    @Test
    void pagesOfOtherSitesChangeNothing() throws Exception {
        rest.refused(403, "cross_origin", "POST", "/v1/topics", "{\"name\":\"a\"}", "origin", "http://elsewhere");
        String own = "http://127.0.0.1:" + rest.port();
        rest.expect(201, "POST", "/v1/topics", "{\"name\":\"a\"}", "origin", own);
        rest.expect(200, "GET", "/v1/topics", null, "origin", "http://elsewhere");
    }

    @Test
    void answersHeadWithoutStartingATail() throws IOException, InterruptedException, Exception {
        createTopic("{}");
        assertThat(rest.send("HEAD", "/v1/topics/orders/tail", null).statusCode())
                .isEqualTo(200);
        assertThat(rest.send("HEAD", "/v1/topics", null).body()).isEmpty();
    }
}
