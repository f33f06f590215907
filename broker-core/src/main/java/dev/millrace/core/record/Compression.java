package dev.millrace.core.record;

/** How the records of a batch are compressed; the id is what stands in the batch's attributes. */
public enum Compression {
    NONE(0, "none", ""),
    GZIP(1, "gzip", "the JDK"),
    SNAPPY(2, "snappy", "org.xerial.snappy:snappy-java"),
    LZ4(3, "lz4", "at.yawk.lz4:lz4-java"),
    ZSTD(4, "zstd", "com.github.luben:zstd-jni");

    private static final Compression[] BY_ID = values();

    private final int id;
    private final String label;
    private final String library;

    Compression(int id, String label, String library) {
        this.id = id;
        this.label = label;
        this.library = library;
    }

    public int id() {
        return id;
    }

    /** The name in settings and on the command line. */
    public String label() {
        return label;
    }

    /** The artifact that has to be on the class path. */
    String library() {
        return library;
    }

    public static boolean known(int id) {
        return id >= 0 && id < BY_ID.length;
    }

    public static Compression ofId(int id) {
        if (!known(id)) {
            throw new IllegalArgumentException("unknown compression id " + id + "; known are 0 to 4");
        }
        return BY_ID[id];
    }

    public static Compression ofName(String name) {
        for (Compression compression : BY_ID) {
            if (compression.label.equals(name)) {
                return compression;
            }
        }
        throw new IllegalArgumentException("unknown compression '" + name + "'; use none, gzip, snappy, lz4 or zstd");
    }
}
