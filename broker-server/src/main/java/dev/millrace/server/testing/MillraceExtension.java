package dev.millrace.server.testing;

import dev.millrace.client.MillraceClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a broker: one for the class with {@code @ExtendWith(MillraceExtension.class)} or as a static
 * {@code @RegisterExtension} field, one for each test as a field of the instance. Test and life-cycle methods take an
 * {@link EmbeddedMillrace} as parameter, or a {@link MillraceClient} that is connected to it.
 *
 * <p>Works with JUnit 5 and 6. The data lies in a temporary directory that goes with the broker.
 */
public final class MillraceExtension
        implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback, ParameterResolver {
    private final List<String> settings;
    private EmbeddedMillrace broker;
    private MillraceClient client;
    /** Classes, nested classes and tests under way; the first starts the broker, the last stops it. */
    private int users;

    public MillraceExtension() {
        this(List.of());
    }

    /** @param settings each {@code a.b=c}; docs/CONFIGURATION.md lists them */
    public MillraceExtension(List<String> settings) {
        this.settings = List.copyOf(settings);
    }

    /** The running broker. Fails: IllegalStateException outside of a test. */
    public synchronized EmbeddedMillrace broker() {
        if (broker == null) {
            throw new IllegalStateException("the broker runs only while tests do");
        }
        return broker;
    }

    /** A client of the broker; the same for all tests of the broker, and closed with it. */
    public synchronized MillraceClient client() {
        if (client == null) {
            client = MillraceClient.connect(broker().address());
        }
        return client;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        acquire();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        acquire();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        release();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        release();
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == EmbeddedMillrace.class || type == MillraceClient.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == MillraceClient.class ? client() : broker();
    }

    private synchronized void acquire() {
        if (users++ == 0) {
            try {
                broker = EmbeddedMillrace.start(Files.createTempDirectory("millrace-test"), settings);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }

    private synchronized void release() {
        if (--users == 0) {
            if (client != null) {
                client.close();
                client = null;
            }
            EmbeddedMillrace last = broker;
            broker = null;
            last.close();
            delete(last.dataDirectory());
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
