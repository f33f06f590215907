package dev.millrace.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Headers with secrets: read as the variable of OpenTelemetry is, and never shown. */
class SecretHeadersTest {
    private static final String KEY = "tracing.otlp.headers";
    private static final String SECRET = "s3cr3t";

    @TempDir
    private Path dir;

    private static Loaded load(String... sets) throws ConfigException {
        return ConfigLoader.load(Sources.none().withSets(List.of(sets)));
    }

    private static Map<String, String> read(String text) throws Exception {
        return load(KEY + "=" + text).config().tracing().otlp().headers().read();
    }

    @Test
    void readsWhatTheVariableOfOpenTelemetryMayHold() throws Exception {
        assertThat(read("none")).isEmpty();
        assertThat(read("api-key=abc")).isEqualTo(Map.of("api-key", "abc"));
        assertThat(read(" a = 1 , b=x=y==,, c= ")).isEqualTo(Map.of("a", "1", "b", "x=y==", "c", ""));
        assertThat(read("Authorization=Bearer%20a+b/c%3D%2C"))
                .as("a plus in base64 is no space")
                .isEqualTo(Map.of("Authorization", "Bearer a+b/c=,"));
    }

    @Test
    void readsAFileAnewEachTime() throws Exception {
        Path file = Files.writeString(dir.resolve("headers"), "a=1,b=2\r\nc=3\n");
        SecretHeaders headers =
                load(KEY + "=file:" + file).config().tracing().otlp().headers();
        assertThat(headers.read()).isEqualTo(Map.of("a", "1", "b", "2", "c", "3"));
        Files.writeString(file, "a=2");
        assertThat(headers.read()).isEqualTo(Map.of("a", "2"));
        for (String bad : List.of("", SECRET, "a=" + SECRET + "%", "x".repeat(9_000) + "=" + SECRET)) {
            Files.writeString(file, bad);
            assertThatThrownBy(headers::read)
                    .isInstanceOf(IOException.class)
                    .message()
                    .startsWith("file " + file)
                    .doesNotContain(SECRET);
        }
        Files.delete(file);
        assertThatThrownBy(headers::read).isInstanceOf(IOException.class);
    }

    @Test
    void refusesOthersWithoutShowingThem() {
        Map<String, String> problems = Map.of(
                SECRET,
                "has no header's name before a =",
                "a b=" + SECRET,
                "has no header's name before a =",
                "a=1,=" + SECRET,
                "has no header's name before a =",
                "a=" + SECRET + "%4",
                "has a % in a that two hexadecimal digits do not follow",
                "a=" + SECRET + "%0D%0Ab: c",
                "has characters in a that no header may have",
                "a=1,A=" + SECRET,
                "sets A twice",
                "Content-Type=" + SECRET,
                "sets Content-Type, which is not to be set",
                ",,",
                "names no header",
                "file:",
                "names no file",
                "a=" + SECRET.repeat(2_000),
                "is longer than 8192 bytes");
        problems.forEach((text, problem) -> {
            ConfigException refused = catchThrowableOfType(ConfigException.class, () -> load(KEY + "=" + text));
            assertThat(refused.getMessage())
                    .contains(KEY + ": the value " + problem)
                    .doesNotContain(SECRET);
        });
    }

    @Test
    void noTextOfAConfigurationShowsValues() throws Exception {
        Loaded loaded = load(KEY + "=api-key=" + SECRET + ",b=" + SECRET);
        String written = "api-key=***,b=***";
        assertThat(ConfigText.values(loaded.config())).containsEntry(KEY, written);
        for (String text : List.of(
                ConfigText.yaml(loaded, true),
                ConfigText.json(loaded, true),
                ConfigText.json(loaded, false),
                loaded.toString(),
                loaded.config().toString())) {
            assertThat(text).contains(written).doesNotContain(SECRET);
        }
    }

    @Test
    void whatIsShownInPlaceOfAValueIsNoValue() {
        ConfigException refused = catchThrowableOfType(ConfigException.class, () -> load(KEY + "=api-key=***"));
        assertThat(refused.getMessage()).contains("has *** for api-key, which stands for a value that is not shown");
    }

    @Test
    void warnsOfSecretsThatGoUnencryptedToOtherMachines() throws Exception {
        String endpoint = "tracing.otlp.endpoint=";
        String headers = KEY + "=a=" + SECRET;
        assertThat(load(endpoint + "http://collector:4318/v1/traces", headers).warnings())
                .singleElement()
                .asString()
                .contains("unencrypted", "collector")
                .doesNotContain(SECRET);
        for (String safe :
                List.of("https://collector/v1/traces", "http://127.0.0.1:1/", "http://localhost/", "http://[::1]:1/")) {
            assertThat(load(endpoint + safe, headers).warnings()).as(safe).isEmpty();
        }
        assertThat(load(endpoint + "http://collector/").warnings()).isEmpty();
    }
}
