package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.Codec;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TypedTopic;
import dev.millrace.client.schema.AvroCodec;
import dev.millrace.client.schema.SchemaForm;
import dev.millrace.client.schema.SchemaRegistryClient;
import dev.millrace.core.error.Fault;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.SchemaMetadata;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import org.apache.flink.formats.avro.registry.confluent.ConfluentSchemaRegistryCoder;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The registry and the wire form, with clients that others wrote: Confluent's own client of the registry, as Flink ships
 * it; Flink's coder of the wire form; Apicurio's serializers in their mode of four byte ids.
 */
@Timeout(120)
class ForeignRegistryClientsTest {
    private static final String SUBJECT = "orders-value";
    private static final Schema ORDER = avro("");
    private static final Schema ORDER_WITH_NOTE = avro(",{\"name\":\"note\",\"type\":\"string\",\"default\":\"none\"}");
    private static final Schema ORDER_WITH_COUNT = avro(",{\"name\":\"count\",\"type\":\"int\"}");

    @TempDir
    private Path directory;

    private EmbeddedMillrace millrace;
    private MillraceClient client;
    private SchemaRegistryClient registry;
    private CachedSchemaRegistryClient confluent;

    @BeforeEach
    void open() {
        millrace = EmbeddedMillrace.start(directory);
        client = MillraceClient.connect(millrace.address());
        registry = SchemaRegistryClient.of("http://" + millrace.httpAddress());
        confluent = new CachedSchemaRegistryClient("http://" + millrace.httpAddress(), 100);
    }

    @AfterEach
    void close() {
        client.close();
        millrace.close();
    }

    private static Schema avro(String more) {
        return new Schema.Parser()
                .parse("{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"total\",\"type\":\"int\"}"
                        + more + "]}");
    }

    private static AvroSchema confluents(Schema schema) {
        return new AvroSchema(schema.toString());
    }

    private static GenericRecord order(int total) {
        return new GenericRecordBuilder(ORDER).set("total", total).build();
    }

    private static void assertRefused(int code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RestClientException.class,
                        refused -> assertThat(refused.getErrorCode()).isEqualTo(code));
    }

    private static <V> List<V> read(TypedTopic<String, V> topic, int count) throws Exception {
        List<V> values = new ArrayList<>();
        CompletableFuture<List<V>> all = new CompletableFuture<>();
        try (var running = topic.subscribe(StartFrom.earliest(), message -> {
            values.add(message.value());
            if (values.size() == count) {
                all.complete(List.copyOf(values));
            }
        })) {
            return all.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void confluentsOwnClientRegistersAsksAndDeletes() throws Exception {
        int first = confluent.register(SUBJECT, confluents(ORDER));
        assertThat(registry.schema(first).text()).isEqualTo(ORDER.toString());
        assertThat(confluent.testCompatibility(SUBJECT, confluents(ORDER_WITH_NOTE)))
                .isTrue();
        int second = confluent.register(SUBJECT, confluents(ORDER_WITH_NOTE));
        assertThat(second).isNotEqualTo(first);

        CachedSchemaRegistryClient another = new CachedSchemaRegistryClient("http://" + millrace.httpAddress(), 100);
        assertThat(another.getSchemaById(first).canonicalString()).isEqualTo(ORDER.toString());
        assertThat(another.getId(SUBJECT, confluents(ORDER_WITH_NOTE))).isEqualTo(second);
        assertThat(another.getVersion(SUBJECT, confluents(ORDER_WITH_NOTE))).isEqualTo(2);
        assertThat(another.getAllVersions(SUBJECT)).containsExactly(1, 2);
        assertThat(another.getAllSubjects()).containsExactly(SUBJECT);
        assertThat(another.getAllSubjectsById(first)).containsExactly(SUBJECT);
        assertThat(another.getAllVersionsById(second)).hasSize(1);
        SchemaMetadata latest = another.getLatestSchemaMetadata(SUBJECT);
        assertThat(latest.getId()).isEqualTo(second);
        assertThat(latest.getVersion()).isEqualTo(2);
        assertThat(latest.getSchemaType()).isEqualTo("AVRO");
        assertThat(another.getSchemaMetadata(SUBJECT, 1).getSchema()).isEqualTo(ORDER.toString());

        assertThat(another.deleteSchemaVersion(SUBJECT, "1", false)).isEqualTo(1);
        assertThat(another.getAllVersions(SUBJECT)).containsExactly(2);
        assertThat(another.deleteSubject(SUBJECT, false)).containsExactly(2);
        assertThat(another.deleteSubject(SUBJECT, true)).containsExactly(1, 2);
        assertThat(another.getAllSubjects()).isEmpty();
    }

    @Test
    void confluentsOwnClientUnderstandsRefusalsAndSettings() throws Exception {
        confluent.register(SUBJECT, confluents(ORDER));
        assertThat(confluent.testCompatibility(SUBJECT, confluents(ORDER_WITH_COUNT)))
                .isFalse();
        assertThat(confluent.testCompatibilityVerbose(SUBJECT, confluents(ORDER_WITH_COUNT)))
                .anySatisfy(reason -> assertThat(reason).contains("/count"));
        assertRefused(409, () -> confluent.register(SUBJECT, confluents(ORDER_WITH_COUNT)));
        assertRefused(40403, () -> confluent.getSchemaById(4711));
        assertRefused(40401, () -> confluent.getLatestSchemaMetadata("nothing-value"));

        assertThat(confluent.updateCompatibility(SUBJECT, "NONE")).isEqualTo("NONE");
        assertThat(confluent.getCompatibility(SUBJECT)).isEqualTo("NONE");
        assertThat(confluent.register(SUBJECT, confluents(ORDER_WITH_COUNT))).isPositive();

        assertThat(confluent.getMode()).isEqualTo("READWRITE");
        assertThat(confluent.setMode("READONLY", SUBJECT)).isEqualTo("READONLY");
        assertRefused(42205, () -> confluent.register(SUBJECT, confluents(ORDER_WITH_NOTE)));
    }

    @Test
    void flinksCoderAndOurCodecAgreeOnThePrefix() throws Exception {
        int id = confluent.register(SUBJECT, confluents(ORDER));
        AvroCodec<GenericRecord> ours = AvroCodec.generic(registry, ORDER).form(SchemaForm.PREFIX);
        byte[] written = ours.encode(new Codec.Place("orders", false), order(7)).bytes();
        ConfluentSchemaRegistryCoder flinks = new ConfluentSchemaRegistryCoder(SUBJECT, confluent);
        assertThat(flinks.readSchema(new ByteArrayInputStream(written)).toString())
                .isEqualTo(ORDER.toString());
        ByteArrayOutputStream prefix = new ByteArrayOutputStream();
        flinks.writeSchema(confluents(ORDER).rawSchema(), prefix);
        assertThat(prefix.toByteArray())
                .isEqualTo(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array())
                .isEqualTo(java.util.Arrays.copyOf(written, 5));
    }

    @Test
    void apicuriosSerializersAndOurCodecReadEachOther() throws Exception {
        client.admin().createTopic("orders", 1, Map.of("schema.validation", "full"));
        TypedTopic<String, GenericRecord> ours = client.topic(
                "orders", Codec.string(), AvroCodec.generic(registry, ORDER).form(SchemaForm.PREFIX));
        try (AvroKafkaSerializer<GenericRecord> theirs =
                        new AvroKafkaSerializer<>(new ConfluentApiResolver(confluent));
                AvroKafkaDeserializer<GenericRecord> theirReader =
                        new AvroKafkaDeserializer<>(new ConfluentApiResolver(confluent));
                Producer producer = client.producer().build()) {
            theirs.configure(ConfluentApiResolver.CONFLUENT_FORM, false);
            theirReader.configure(ConfluentApiResolver.CONFLUENT_FORM, false);
            byte[] written = theirs.serialize("orders", order(17));
            assertThat(written[0]).isZero();
            producer.publish(Message.to("orders").key("a").value(written));
            ours.publish("b", order(18));

            assertThat(read(ours, 2)).extracting(order -> order.get("total")).containsExactly(17, 18);
            List<byte[]> stored = read(client.topic("orders", Codec.string(), Codec.bytes()), 2);
            assertThat(stored)
                    .extracting(
                            bytes -> theirReader.deserialize("orders", bytes).get("total"))
                    .containsExactly(17, 18);
            byte[] damaged = java.util.Arrays.copyOf(written, written.length - 1);
            assertThatThrownBy(() -> producer.publish(Message.to("orders").value(damaged)))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            refused -> assertThat(refused.fault()).isEqualTo(Fault.SCHEMA_REFUSED));
        }
    }
}
