package dev.millrace.comparison;

import dev.millrace.client.MillraceClient;
import dev.millrace.client.schema.RegistrySchema;
import dev.millrace.client.schema.SchemaRegistryClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** Orders of a kilobyte: what a validated topic of the comparison takes. */
final class AvroOrders {
    private static final int PARTITIONS = 16;
    private static final int LINES = 12;
    private static final Schema SCHEMA = new Schema.Parser().parse("""
            {"type": "record", "name": "Order", "fields": [
              {"name": "id", "type": "string"},
              {"name": "customer", "type": "string"},
              {"name": "placed", "type": {"type": "long", "logicalType": "timestamp-millis"}},
              {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "PAID", "SENT"]}},
              {"name": "note", "type": ["null", "string"], "default": null},
              {"name": "lines", "type": {"type": "array", "items": {"type": "record", "name": "Line", "fields": [
                {"name": "article", "type": "string"},
                {"name": "name", "type": "string"},
                {"name": "count", "type": "int"},
                {"name": "cents", "type": "long"}]}}}]}
            """);

    private AvroOrders() {}

    /** Registers the schema, creates the topic, and returns a file with one value for it: magic byte, id, record. */
    static Path createTopic(Arena arena, String topic, String validation) throws IOException {
        int id = SchemaRegistryClient.of(arena.httpUrl())
                .register(topic + "-value", RegistrySchema.avro(SCHEMA.toString()));
        try (MillraceClient client = MillraceClient.connect(arena.address())) {
            client.admin().createTopic(topic, PARTITIONS, Map.of("schema.validation", validation));
        }
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        value.write(0);
        value.write(ByteBuffer.allocate(Integer.BYTES).putInt(id).array());
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(value, null);
        new GenericDatumWriter<GenericRecord>(SCHEMA).write(order(), encoder);
        encoder.flush();
        return Files.write(arena.directory().resolve("order.avro"), value.toByteArray());
    }

    private static GenericRecord order() {
        Schema lineSchema = SCHEMA.getField("lines").schema().getElementType();
        List<GenericRecord> lines = new ArrayList<>();
        for (int i = 0; i < LINES; i++) {
            lines.add(new GenericRecordBuilder(lineSchema)
                    .set("article", "4006381333931-" + i)
                    .set("name", "a box of one hundred hexagonal bolts, M8 by 40, zinc plated")
                    .set("count", i + 1)
                    .set("cents", 1299L * (i + 1))
                    .build());
        }
        return new GenericRecordBuilder(SCHEMA)
                .set("id", "order-2026-0000481516")
                .set("customer", "customer-2342")
                .set("placed", 1_767_225_600_000L)
                .set(
                        "state",
                        new GenericData.EnumSymbol(SCHEMA.getField("state").schema(), "PAID"))
                .set("lines", lines)
                .build();
    }
}
