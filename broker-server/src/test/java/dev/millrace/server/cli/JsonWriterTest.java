package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonWriterTest {
    private final ObjectMapper jackson = new ObjectMapper();

    @Test
    void writesNestedValuesWithTheirCommas() {
        JsonWriter json = new JsonWriter().begin('{').field("a", 1).name("b").begin('[');
        json.value(1).value("x").begin('{').end('}').end(']');
        json.field("c", (String) null).name("d").literal(true).end('}').newLine();
        assertThat(json.begin('{').end('}').toString()).isEqualTo("""
                {"a":1,"b":[1,"x",{}],"c":null,"d":true}
                {}""");
    }

    @Test
    void writesBytesAsTextOnlyWhereTheyAreUtf8() {
        assertThat(text("grüße 😀".getBytes(StandardCharsets.UTF_8))).isEqualTo("\"grüße 😀\"");
        assertThat(text(new byte[] {'a', (byte) 0xff})).isEqualTo("{\"base64\":\"Yf8=\"}");
        // U+FFFD itself is UTF-8; half of a character is not.
        assertThat(text("\uFFFD".getBytes(StandardCharsets.UTF_8))).isEqualTo("\"\uFFFD\"");
        assertThat(text(new byte[] {(byte) 0xf0, (byte) 0x9f})).isEqualTo("{\"base64\":\"8J8=\"}");
        assertThat(text(new byte[0])).isEqualTo("\"\"");
        assertThat(text(null)).isEqualTo("null");
    }

    @Test
    void everyTextIsReadBackByAJsonParser() throws Exception {
        long seed = Seeds.first();
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(20); i > 0; i--) text.appendCodePoint(codePoint(random));
            JsonNode read =
                    jackson.readTree(new JsonWriter().value(text.toString()).toString());
            assertThat(read.asText()).as("-Dseed=%d", seed).isEqualTo(text.toString());
        }
    }

    private static int codePoint(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(0x80);
            case 1 -> "\"\\/\b\f\n\r\t\u007f\u2028".charAt(random.nextInt(10));
            case 2 -> 0x10000 + random.nextInt(0x1000);
            default -> random.nextInt(0xd800);
        };
    }

    private static String text(byte[] bytes) {
        return new JsonWriter().value(bytes).toString();
    }
}
