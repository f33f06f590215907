package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonFieldsTest {
    private static final String RECORD = """
            {"id":7,"path":"a/b","when":{"time":1312242084.5,"zone":null},"tags":["x",{"path":"inner"},true],\
            "a/b":"slash","m~n":"tilde","":"empty"}""";

    @ParameterizedTest
    @CsvSource({
        "/id, 7",
        "/path, a/b",
        "/when/time, 1312242084.5",
        "/tags/0, x",
        "/tags/1/path, inner",
        "/tags/2, true",
        "/a~1b, slash",
        "/m~0n, tilde",
        "/, empty"
    })
    void findsWhatAPointerNames(String pointer, String value) throws Exception {
        assertThat(find(RECORD, pointer)).containsExactly(value);
    }

    @Test
    void findsSeveralAtOnceAndForgetsThemAfterwards() throws Exception {
        JsonFields fields = new JsonFields(List.of("/path", "/when/time"));
        assertThat(fields.find(bytes(RECORD))).containsExactly("a/b", "1312242084.5");
        assertThatThrownBy(() -> fields.find(bytes("{\"path\":\"x\"}")))
                .isInstanceOf(JsonFields.BadRecord.class)
                .hasMessage("has nothing at /when/time");
        assertThat(fields.find(bytes("{\"when\":{\"time\":1},\"path\":\"y\"}"))).containsExactly("y", "1");
    }

    @Test
    void aNameInsideAnotherObjectIsNotTheOneAsked() {
        assertThatThrownBy(() -> find("{\"x\":{\"path\":1},\"y\":[{\"path\":2}]}", "/path"))
                .hasMessage("has nothing at /path");
        assertThatThrownBy(() -> find("{\"when\":{\"x\":1},\"time\":2}", "/when/time"))
                .hasMessage("has nothing at /when/time");
    }

    @Test
    void theLastOfTwoFieldsOfOneNameCounts() throws Exception {
        assertThat(find("{\"a\":1,\"a\":2}", "/a")).containsExactly("2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | is empty, not JSON",
                "nonsense | is not JSON",
                "{\"a\":1 | is not JSON",
                "{\"a\":1} {\"a\":2} | holds more than one JSON value",
                "{\"a\":null} | has null at /a",
                "{\"a\":{\"b\":1}} | has an object or array at /a",
                "{\"b\":1} | has nothing at /a",
                "[1] | has nothing at /a",
                "17 | has nothing at /a"
            })
    void saysWhatIsWrongWithARecord(String json, String problem) {
        assertThatThrownBy(() -> find(json, "/a"))
                .isInstanceOf(JsonFields.BadRecord.class)
                .hasMessageContaining(problem);
    }

    @Test
    void findsBrokenJsonBehindTheValue() {
        assertThatThrownBy(() -> find("{\"a\":1,\"b\":tru}", "/a")).hasMessageContaining("is not JSON");
        assertThatThrownBy(() -> find("[".repeat(5000), "/a")).hasMessageContaining("is not JSON");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "a/b", "$.a", "/a~", "/a~2b"})
    void refusesWhatIsNoPointer(String pointer) {
        assertThatThrownBy(() -> new JsonFields(List.of(pointer))).isInstanceOf(IllegalArgumentException.class);
    }

    private static String[] find(String json, String pointer) throws JsonFields.BadRecord {
        return new JsonFields(List.of(pointer)).find(bytes(json));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
