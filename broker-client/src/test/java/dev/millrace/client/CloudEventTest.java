package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.record.RecordHeader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** CloudEvents in both modes, there and back. */
class CloudEventTest {
    private static final String PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private static CloudEvent event(String contentType, String data) {
        return CloudEvent.of("o-1/paid", "/shop", "com.example.paid", utf8(data))
                .with(CloudEvent.CONTENT_TYPE, contentType)
                .with(CloudEvent.PARTITION_KEY, "o-1")
                .with(CloudEvent.CORRELATION_ID, "process-7")
                .with(CloudEvent.CAUSATION_ID, "o-1/placed")
                .with("traceparent", PARENT)
                .with("subject", "größe")
                .with("time", "2026-11-28T12:00:00Z");
    }

    private static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static ReceivedMessage received(Message sent) {
        return new ReceivedMessage("t", 0, 1, 2, sent.key(), sent.value(), sent.headers());
    }

    private static ReceivedMessage structured(String json) {
        return received(Message.to("t").value(json).header("content-type", "application/cloudevents+json"));
    }

    private static void assertSame(CloudEvent read, CloudEvent written) {
        assertThat(read.id()).isEqualTo(written.id());
        assertThat(read.source()).isEqualTo(written.source());
        assertThat(read.type()).isEqualTo(written.type());
        assertThat(read.attributes()).isEqualTo(written.attributes());
        assertThat(read.data()).isEqualTo(written.data());
    }

    @Test
    void binaryModeIsThatOfTheKafkaBindingWithTheMappedAttributesInTheirPlaces() {
        CloudEvent event = event("application/json", "{}");
        ReceivedMessage message = received(event.toMessage("t"));
        assertThat(message.valueText()).isEqualTo("{}");
        assertThat(message.keyText()).isEqualTo("o-1");
        assertThat(message.header("ce_specversion")).isEqualTo("1.0");
        assertThat(message.header("ce_id")).isEqualTo("o-1/paid");
        assertThat(message.header("ce_source")).isEqualTo("/shop");
        assertThat(message.header("ce_subject")).isEqualTo("größe");
        assertThat(message.header("content-type")).isEqualTo("application/json");
        assertThat(message.header("ce_datacontenttype")).isNull();
        assertThat(message.id()).isEqualTo("/shop#o-1/paid");
        assertThat(message.header("$correlation")).isEqualTo("process-7");
        assertThat(message.header("$causation")).isEqualTo("o-1/placed");
        assertThat(message.header("traceparent")).isEqualTo(PARENT);
        assertThat(CloudEvent.isIn(message)).isTrue();
        assertSame(CloudEvent.of(message), event);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/json | {\"total\":1.10,\"big\":123456789012345678901234567890}",
                "application/vnd.shop+json; charset=utf-8 | [1,null,true]",
                "application/json | \"text\"",
                "application/json | not json",
                "application/json | 1 2",
                "application/json | null",
                "text/plain | {\"not\":\"parsed\"}",
                "application/octet-stream | ab"
            })
    void structuredModeGivesBackEveryAttributeAndTheData(String contentType, String data) {
        CloudEvent event = event(contentType, data);
        ReceivedMessage message = received(event.toStructuredMessage("t"));
        assertThat(message.keyText()).isEqualTo("o-1");
        assertThat(message.header("$correlation")).isEqualTo("process-7");
        CloudEvent read = CloudEvent.of(message);
        assertThat(read.attributes()).isEqualTo(event.attributes());
        String text = new String(read.data(), StandardCharsets.UTF_8);
        assertThat(text)
                .isEqualTo(
                        data.equals("{\"total\":1.10,\"big\":123456789012345678901234567890}")
                                ? "{\"total\":1.1,\"big\":123456789012345678901234567890}"
                                : data);
    }

    @Test
    void bytesAndNoDataComeBackInBothModes() {
        for (byte[] data : new byte[][] {{0, -1, 7}, {}, null}) {
            CloudEvent event = CloudEvent.of("1", "s", "t", data).with(CloudEvent.CONTENT_TYPE, "image/png");
            assertSame(CloudEvent.of(received(event.toMessage("t"))), event);
            assertSame(CloudEvent.of(received(event.toStructuredMessage("t"))), event);
        }
    }

    @Test
    void whatTheClientAddedWhenItWasPublishedIsAnAttributeOfWhatIsRead() {
        Message sent = CloudEvent.of("1", "s", "t", null)
                .toMessage("t")
                .header("$correlation", "process-7")
                .header("traceparent", PARENT);
        CloudEvent read = CloudEvent.of(received(sent));
        assertThat(read.attribute(CloudEvent.CORRELATION_ID)).isEqualTo("process-7");
        assertThat(read.attribute("traceparent")).isEqualTo(PARENT);
    }

    @Test
    void eventsOfTwoSourcesAreTwoEventsWhateverTheirIds() {
        CloudEvent one = CloudEvent.of("1", "/a", "t", null);
        CloudEvent other = CloudEvent.of("1", "/b", "t", null);
        assertThat(received(one.toMessage("t")).id())
                .isNotEqualTo(received(other.toMessage("t")).id());
        assertThat(one.toEvent().id()).isNotEqualTo(other.toEvent().id());
    }

    @Test
    void anEventOfAStreamKeepsItsIdAsAText() {
        Event event = event("application/json", "{}").toEvent();
        assertThat(event.id()).isEqualTo(Event.idOf("/shop#o-1/paid"));
        assertThat(event.type()).isEqualTo("com.example.paid");
        assertThat(event.headers()).contains(new RecordHeader("ce_id", utf8("o-1/paid")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "[]",
                "{}",
                "{\"specversion\":\"0.3\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\"}",
                "{\"specversion\":\"1.0\",\"id\":\"\",\"source\":\"s\",\"type\":\"t\"}",
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"type\":\"t\"}",
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"Upper\":\"x\"}",
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"ext\":{}}",
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"id\":\"2\",\"source\":\"s\",\"type\":\"t\"}",
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"data_base64\":\"?\"}",
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"data\":1,\"data_base64\":\"\"}"
            })
    void whatIsNoCloudEventIsUndecodable(String json) {
        assertThatThrownBy(() -> CloudEvent.of(structured(json))).isInstanceOf(UndecodableException.class);
    }

    @Test
    void deepAndRandomInputIsUndecodableOrRead() {
        String deep =
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"data\":" + "[".repeat(100_000);
        assertThatThrownBy(() -> CloudEvent.of(structured(deep))).isInstanceOf(UndecodableException.class);
        Random random = new Random(11);
        byte[] valid = event("application/json", "{}").toStructuredMessage("t").value();
        for (int round = 0; round < 5_000; round++) {
            byte[] bytes = valid.clone();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            List<RecordHeader> headers =
                    List.of(new RecordHeader("content-type", utf8("application/cloudevents+json")));
            try {
                CloudEvent.of(new ReceivedMessage("t", 0, 0, 0, null, bytes, headers));
            } catch (UndecodableException expected) {
                assertThat(expected).hasMessageContaining("t/0@0");
            }
        }
    }

    @Test
    void aPlainMessageIsNone() {
        ReceivedMessage plain = received(Message.to("t").value("x"));
        assertThat(CloudEvent.isIn(plain)).isFalse();
        assertThatThrownBy(() -> CloudEvent.of(plain)).isInstanceOf(UndecodableException.class);
    }
}
