package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Timestamp;
import dev.millrace.client.Codec;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.StartFrom;
import dev.millrace.client.Transaction;
import dev.millrace.client.TypedTopic;
import dev.millrace.client.schema.AvroCodec;
import dev.millrace.client.schema.JsonSchemaCodec;
import dev.millrace.client.schema.ProtobufCodec;
import dev.millrace.client.schema.RegistrySchema;
import dev.millrace.client.schema.SchemaForm;
import dev.millrace.client.schema.SchemaRegistryClient;
import dev.millrace.client.schema.SchemaRegistryException;
import dev.millrace.client.schema.Upcasters;
import dev.millrace.core.error.Fault;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Codecs, registry and validation at publish, through the client and the real broker. */
@Timeout(120)
class SchemaEndToEndTest {
    private static final String ORDER_JSON =
            "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"total\"],"
                    + "\"properties\":{\"total\":{\"type\":\"integer\",\"minimum\":0},\"note\":{\"type\":\"string\"}}}";

    public record Order(int total, String note) {}

    @TempDir
    private Path directory;

    private EmbeddedMillrace millrace;
    private MillraceClient client;
    private SchemaRegistryClient registry;

    @BeforeEach
    void open() {
        millrace = EmbeddedMillrace.start(directory);
        client = MillraceClient.connect(millrace.address());
        registry = SchemaRegistryClient.of("http://" + millrace.httpAddress());
    }

    @AfterEach
    void close() {
        client.close();
        millrace.close();
    }

    private void createTopic(String validation) {
        client.admin().createTopic("orders", 1, Map.of("schema.validation", validation));
    }

    private static <V> V first(TypedTopic<String, V> topic) throws Exception {
        CompletableFuture<V> value = new CompletableFuture<>();
        try (var running = topic.subscribe(StartFrom.earliest(), message -> value.complete(message.value()))) {
            return value.get(30, TimeUnit.SECONDS);
        }
    }

    private static void assertRefused(ThrowingCallable publish, String... reasons) {
        assertThatThrownBy(publish).isInstanceOfSatisfying(MillraceException.class, refused -> {
            assertThat(refused.fault()).isEqualTo(Fault.SCHEMA_REFUSED);
            assertThat(refused.outcomeUnknown()).isFalse();
            assertThat(refused.detail()).contains(reasons);
        });
    }

    private static Schema avro(String more) {
        return new Schema.Parser()
                .parse("{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"total\",\"type\":\"int\"}"
                        + more + "]}");
    }

    private static GenericRecord order(Schema schema, int total) {
        return new GenericRecordBuilder(schema).set("total", total).build();
    }

    @Test
    void avroIsReadByOlderAndNewerReadersInBothForms() throws Exception {
        createTopic("full");
        Schema old = avro("");
        Schema evolved = avro(",{\"name\":\"note\",\"type\":\"string\",\"default\":\"none\"}");
        for (SchemaForm form : SchemaForm.values()) {
            TypedTopic<String, GenericRecord> writing = client.topic(
                    "orders", Codec.string(), AvroCodec.generic(registry, old).form(form));
            writing.publish("a", order(old, 7));
        }
        TypedTopic<String, GenericRecord> reading =
                client.topic("orders", Codec.string(), AvroCodec.generic(registry, evolved));
        GenericRecord read = first(reading);
        assertThat(read.get("total")).isEqualTo(7);
        assertThat(read.get("note").toString()).isEqualTo("none");
        reading.publish(
                "a",
                new GenericRecordBuilder(evolved)
                        .set("total", 8)
                        .set("note", "x")
                        .build());
        assertThat(registry.version("orders-value", "latest").version()).isEqualTo(2);
        Schema broken = avro(",{\"name\":\"count\",\"type\":\"int\"}");
        GenericData.Record record = new GenericData.Record(broken);
        record.put("total", 1);
        record.put("count", 1);
        assertThatThrownBy(() -> client.topic("orders", Codec.string(), AvroCodec.generic(registry, broken))
                        .publish("a", record))
                .isInstanceOfSatisfying(SchemaRegistryException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(409);
                    assertThat(refused.incompatibilities().get(0).path()).isEqualTo("/count");
                });
    }

    @Test
    void jsonIsCheckedInFullAndUpcastWhenRead() throws Exception {
        createTopic("full");
        TypedTopic<String, Order> orders =
                client.topic("orders", Codec.string(), JsonSchemaCodec.of(registry, Order.class, ORDER_JSON));
        orders.publish("a", new Order(12, "fragile"));
        assertThat(first(orders)).isEqualTo(new Order(12, "fragile"));
        assertRefused(
                () -> orders.publish("a", new Order(-1, "x")),
                "record 0",
                "at /total",
                "Nothing of the request was appended");
        Upcasters<JsonNode> chain = Upcasters.<JsonNode>builder()
                .step(
                        "Order",
                        1,
                        event -> event.next(
                                ((com.fasterxml.jackson.databind.node.ObjectNode) event.data()).put("total", 99)))
                .build();
        assertThat(first(client.topic(
                                "orders",
                                Codec.string(),
                                JsonSchemaCodec.of(registry, Order.class, ORDER_JSON)
                                        .upcasting("Order", chain)))
                        .total())
                .isEqualTo(99);
    }

    @Test
    void protobufNamesItsMessage() throws Exception {
        createTopic("full");
        RegistrySchema proto = RegistrySchema.protobuf(
                "syntax = \"proto3\"; package google.protobuf; message Timestamp { int64 seconds = 1; int32 nanos = 2; }");
        for (SchemaForm form : SchemaForm.values()) {
            TypedTopic<String, Timestamp> times = client.topic(
                    "orders",
                    Codec.string(),
                    ProtobufCodec.of(registry, Timestamp.getDefaultInstance(), proto)
                            .form(form));
            times.publish("a", Timestamp.newBuilder().setSeconds(17).build());
            assertThat(first(times).getSeconds()).isEqualTo(17);
        }
    }

    @Test
    void idValidationAsksForAKnownIdOfTheTopic() throws Exception {
        createTopic("id");
        int id = registry.register("orders-value", RegistrySchema.json(ORDER_JSON));
        int other = registry.register("other-value", RegistrySchema.json("{\"type\":\"string\"}"));
        try (Producer producer = client.producer().build()) {
            assertRefused(() -> producer.publish("orders", "a", "plain"), "names no schema", "__value_schema_id");
            assertRefused(() -> producer.publish(framed(9_999, "x")), "id 9999", "not registered");
            assertRefused(
                    () -> producer.publish(framed(other, "x")),
                    "id " + other,
                    "not registered under the subject \"orders-value\"",
                    "\"other-value\"");
            assertRefused(
                    () -> producer.publish(
                            Message.to("orders").value("x").header("__value_schema_id", new byte[] {0, 1})),
                    "header __value_schema_id of 2 bytes");
            producer.publish(framed(id, "not looked at"));
            producer.publish(Message.to("orders").key("a")); // a tombstone has no schema
            String guid = registry.get("/schemas/ids/" + id).path("guid").asText();
            java.util.UUID uuid = java.util.UUID.fromString(guid);
            producer.publish(Message.to("orders")
                    .value("x")
                    .header(
                            "__value_schema_id",
                            ByteBuffer.allocate(17)
                                    .put((byte) 1)
                                    .putLong(uuid.getMostSignificantBits())
                                    .putLong(uuid.getLeastSignificantBits())
                                    .array()));
            registry.delete("/subjects/orders-value");
            assertRefused(() -> producer.publish(framed(id, "x")), "was deleted");
            client.admin().alterTopic("orders", 0, Map.of("schema.validation", "off"));
            producer.publish("orders", "a", "plain again");
        }
    }

    private static Message framed(int id, String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        return Message.to("orders")
                .value(ByteBuffer.allocate(5 + text.length)
                        .put((byte) 0)
                        .putInt(id)
                        .put(text)
                        .array());
    }

    @Test
    void transactionsAndTimersAreCheckedBeforeTheyAreTaken() {
        createTopic("full");
        int id = registry.register("orders-value", RegistrySchema.json(ORDER_JSON));
        try (Transaction transaction = client.transactional("t").begin()) {
            transaction.publish(framed(id, "{\"total\":-5}"));
            assertRefused(transaction::commit, "at /total");
        }
        try (Producer producer = client.producer().build()) {
            assertRefused(
                    () -> producer.publish(framed(id, "{\"total\":-5}").delay(java.time.Duration.ofHours(1))),
                    "at /total");
        }
    }

    @Test
    void hostileSchemasAreRefusedAndOthersGoOn() {
        createTopic("full");
        client.admin().createTopic("others", 1, Map.of());
        int id = registry.register("orders-value", RegistrySchema.json("{\"pattern\":\"^(a|a)*$\"}"));
        try (MillraceClient hostile = MillraceClient.connect(millrace.address());
                Producer attack = hostile.producer().build();
                Producer producer = client.producer().build()) {
            assertRefused(
                    () -> attack.publish(framed(id, "\"" + "a".repeat(200) + "!\"")),
                    "cannot be held against the schema id " + id,
                    "steps that its size allows");
            producer.publish("others", "a", "b");
            attack.publish(framed(id, "\"aaa\""));
        }
    }

    @Test
    void aSubjectLargerThanABatchIsDeletedAtOnce() {
        for (int i = 0; i < 30; i++) {
            registry.register(
                    "orders-value",
                    RegistrySchema.json("{\"title\":\"" + i + "\",\"description\":\"" + "x".repeat(400_000) + "\"}"));
        }
        assertThat(registry.delete("/subjects/orders-value")).hasSize(30);
        assertThat(registry.get("/subjects?deleted=true")).hasSize(1);
        assertThat(registry.delete("/subjects/orders-value?permanent=true")).hasSize(30);
        assertThat(registry.get("/subjects?deleted=true")).isEmpty();
    }

    @Test
    void registrySurvivesARestart() {
        int id = registry.register("orders-value", RegistrySchema.json(ORDER_JSON));
        millrace.restart();
        assertThat(registry.register("orders-value", RegistrySchema.json(ORDER_JSON)))
                .isEqualTo(id);
        assertThat(SchemaRegistryClient.of("http://" + millrace.httpAddress())
                        .schema(id)
                        .text())
                .isEqualTo(ORDER_JSON);
        assertThatThrownBy(() -> client.admin().alterTopic("$schemas.registry", 0, Map.of("retention", "1m")))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        refused -> assertThat(refused.fault()).isEqualTo(Fault.INVALID_TOPIC))
                .hasMessageContaining("it keeps every schema");
        assertThatThrownBy(() -> client.admin().alterTopic("$schemas.registry", 2, Map.of()))
                .hasMessageContaining("it keeps every schema");
        assertThatThrownBy(() -> client.admin().deleteTopic("$schemas.registry"))
                .hasMessageContaining("one of the broker's own");
        assertThatThrownBy(() -> {
                    try (Producer producer = client.producer().build()) {
                        producer.publish("$schemas.registry", "a", "b");
                    }
                })
                .hasMessageContaining("nobody else publishes to it");
    }
}
