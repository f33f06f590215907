package dev.millrace.server.testing;

import io.apicurio.registry.resolver.ParsedSchemaImpl;
import io.apicurio.registry.resolver.SchemaLookupResult;
import io.apicurio.registry.resolver.SchemaParser;
import io.apicurio.registry.resolver.SchemaResolver;
import io.apicurio.registry.resolver.client.RegistryClientFacade;
import io.apicurio.registry.resolver.data.Record;
import io.apicurio.registry.resolver.strategy.ArtifactReference;
import io.apicurio.registry.resolver.strategy.ArtifactReferenceResolverStrategy;
import io.apicurio.registry.serde.data.SerdeMetadata;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;

/**
 * What Apicurio's serializers need to work without Apicurio's registry. Their own resolver asks {@code /apis/registry/v2} or
 * {@code v3}, even in the Confluent-compatible mode, which is about the bytes alone; this one asks through Confluent's client.
 */
final class ConfluentApiResolver implements SchemaResolver<Schema, GenericRecord> {
    /** Four byte ids in front of the value, none in headers: Apicurio's Confluent-compatible mode, its default since 3.0. */
    static final Map<String, Object> CONFLUENT_FORM = Map.of(
            "apicurio.registry.id-handler", "io.apicurio.registry.serde.Default4ByteIdHandler",
            "apicurio.registry.use-id", "contentId",
            "apicurio.registry.headers.enabled", false);

    private final SchemaRegistryClient registry;
    private SchemaParser<Schema, GenericRecord> parser;

    ConfluentApiResolver(SchemaRegistryClient registry) {
        this.registry = registry;
    }

    @Override
    public void configure(Map<String, ?> configs, SchemaParser<Schema, GenericRecord> schemaParser) {
        parser = schemaParser;
    }

    @Override
    public SchemaLookupResult<Schema> resolveSchema(Record<GenericRecord> record) {
        Schema schema = parser.getSchemaFromData(record).getParsedSchema();
        String subject = ((SerdeMetadata) record.metadata()).getTopic() + "-value";
        try {
            return found(registry.register(subject, new AvroSchema(schema.toString())), schema);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RestClientException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public SchemaLookupResult<Schema> resolveSchemaByArtifactReference(ArtifactReference reference) {
        int id = Math.toIntExact(reference.getContentId());
        try {
            String text = registry.getSchemaById(id).canonicalString();
            return found(id, new Schema.Parser().parse(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RestClientException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SchemaLookupResult<Schema> found(int id, Schema schema) {
        ParsedSchemaImpl<Schema> parsed = new ParsedSchemaImpl<Schema>()
                .setParsedSchema(schema)
                .setRawSchema(schema.toString().getBytes(StandardCharsets.UTF_8));
        return SchemaLookupResult.<Schema>builder()
                .parsedSchema(parsed)
                .contentId(id)
                .globalId(id)
                .build();
    }

    @Override
    public SchemaParser<Schema, GenericRecord> getSchemaParser() {
        return parser;
    }

    @Override
    public void setClientFacade(RegistryClientFacade facade) {
        throw new UnsupportedOperationException("it asks through Confluent's client");
    }

    @Override
    public void setArtifactResolverStrategy(ArtifactReferenceResolverStrategy<Schema, GenericRecord> strategy) {
        throw new UnsupportedOperationException("subjects are named by their topic");
    }

    @Override
    public void reset() {
        // Keeps nothing.
    }

    @Override
    public void close() {
        // Confluent's client holds no connection between two requests.
    }
}
