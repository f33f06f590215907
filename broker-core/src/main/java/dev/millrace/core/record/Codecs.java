package dev.millrace.core.record;

import java.util.EnumMap;
import java.util.Iterator;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;

/** Finds the codec of a compression; a missing library is an error only for those who use it. */
public final class Codecs {
    private static final Map<Compression, CompressionCodec> PROVEN = new ConcurrentHashMap<>();

    private Codecs() {}

    /**
     * The codec, proven to work in this JVM.
     *
     * @throws IllegalStateException naming the library that is missing
     * @throws IllegalArgumentException for {@link Compression#NONE}, which has nothing to code
     */
    public static CompressionCodec of(Compression compression) {
        CompressionCodec codec = PROVEN.get(compression);
        return codec != null ? codec : find(compression);
    }

    private static CompressionCodec find(Compression compression) {
        if (compression == Compression.NONE) {
            throw new IllegalArgumentException("compression none has no codec");
        }
        Throwable cause = null;
        try {
            CompressionCodec codec = Registered.CODECS.get(compression);
            if (codec != null) {
                // Loads the library, native part included, so that its absence shows here and not inside a batch.
                codec.compress(new byte[1], 0, 1);
                PROVEN.put(compression, codec);
                return codec;
            }
        } catch (LinkageError e) {
            cause = e;
        }
        throw new IllegalStateException(
                "compression " + compression.label() + " needs " + compression.library() + " on the class path", cause);
    }

    /** Loaded by the first batch that is compressed at all. */
    private static final class Registered {
        static final Map<Compression, CompressionCodec> CODECS = load();

        private static Map<Compression, CompressionCodec> load() {
            Map<Compression, CompressionCodec> codecs = new EnumMap<>(Compression.class);
            Iterator<CompressionCodec> providers = ServiceLoader.load(
                            CompressionCodec.class, Codecs.class.getClassLoader())
                    .iterator();
            while (providers.hasNext()) {
                try {
                    CompressionCodec codec = providers.next();
                    codecs.putIfAbsent(codec.type(), codec);
                } catch (ServiceConfigurationError | LinkageError e) {
                    // The class does not load without its library. Whoever asks for it gets the error that names it.
                    continue;
                }
            }
            return codecs;
        }
    }
}
