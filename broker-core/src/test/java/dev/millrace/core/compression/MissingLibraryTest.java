package dev.millrace.core.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.record.Codecs;
import dev.millrace.core.record.Compression;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Loads broker-core alone, as a user without the optional libraries has it. */
class MissingLibraryTest {
    private URLClassLoader alone;

    @BeforeEach
    void loadWithoutLibraries() throws Exception {
        URL classes = Codecs.class.getProtectionDomain().getCodeSource().getLocation();
        URL services = Path.of(classes.toURI()).toUri().toURL();
        assertThat(Files.exists(Path.of(services.toURI()))).isTrue();
        alone = new URLClassLoader(new URL[] {services}, ClassLoader.getPlatformClassLoader());
    }

    @AfterEach
    void close() throws Exception {
        alone.close();
    }

    @Test
    void gzipNeedsNoLibrary() throws Exception {
        assertThat(codec("GZIP")).isNotNull();
    }

    @Test
    void othersNameTheLibraryWhenTheyAreUsed() {
        assertMissing("ZSTD", "com.github.luben:zstd-jni");
        assertMissing("LZ4", "at.yawk.lz4:lz4-java");
        assertMissing("SNAPPY", "org.xerial.snappy:snappy-java");
    }

    @Test
    void noneHasNoCodec() {
        assertThatThrownBy(() -> Codecs.of(Compression.NONE)).isInstanceOf(IllegalArgumentException.class);
    }

    private void assertMissing(String compression, String library) {
        assertThatThrownBy(() -> codec(compression))
                .isInstanceOf(InvocationTargetException.class)
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(library)
                .hasMessageContaining("class path");
    }

    private Object codec(String compression) throws Exception {
        Class<?> type = alone.loadClass("dev.millrace.core.record.Compression");
        Object constant = type.getMethod("valueOf", String.class).invoke(null, compression);
        Method of = alone.loadClass("dev.millrace.core.record.Codecs").getMethod("of", type);
        return of.invoke(null, constant);
    }
}
