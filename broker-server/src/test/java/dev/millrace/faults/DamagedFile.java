package dev.millrace.faults;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A file of a data directory, by what it is for: each kind is damaged, and judged, by itself. */
record DamagedFile(Path path, Kind kind) {
    private static final int LOG_BLOCK_BYTES = 32 << 10;
    private static final int LOG_HEADER_BYTES = 7;

    enum Kind {
        WAL("write-ahead log"),
        LOG_SST("SST of the records"),
        TABLE_SST("SST of a small table"),
        MANIFEST("MANIFEST"),
        CURRENT("CURRENT"),
        OPTIONS("OPTIONS"),
        IDENTITY("IDENTITY"),
        ROCKS_LOCK("LOCK"),
        INFO_LOG("LOG"),
        BEACON("shard-0.beacon"),
        FORMAT("FORMAT"),
        OUR_LOCK("millrace.lock"),
        CLOCK("clock"),
        OTHER("other");

        final String title;

        Kind(String title) {
            this.title = title;
        }

        /** Holds data, or says where it lies: hurt more often than the rest. */
        boolean matters() {
            return this == WAL || this == LOG_SST || this == TABLE_SST || this == MANIFEST;
        }
    }

    /** All files below a data directory, in an order that does not depend on the machine. */
    static List<DamagedFile> list(Path data) throws IOException {
        try (Stream<Path> files = Files.walk(data)) {
            List<DamagedFile> found = new ArrayList<>();
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                found.add(new DamagedFile(data.relativize(file), kindOf(file)));
            }
            return found;
        }
    }

    private static Kind kindOf(Path file) throws IOException {
        String name = file.getFileName().toString();
        if (name.endsWith(".sst")) {
            return holdsRecords(file) ? Kind.LOG_SST : Kind.TABLE_SST;
        }
        if (name.endsWith(".log")) {
            return Kind.WAL;
        }
        return switch (name.replaceAll("[-.].*", "")) {
            case "MANIFEST" -> Kind.MANIFEST;
            case "CURRENT" -> Kind.CURRENT;
            case "OPTIONS" -> Kind.OPTIONS;
            case "IDENTITY" -> Kind.IDENTITY;
            case "LOCK" -> Kind.ROCKS_LOCK;
            case "LOG" -> Kind.INFO_LOG;
            case "shard" -> Kind.BEACON;
            case "FORMAT" -> Kind.FORMAT;
            case "millrace" -> Kind.OUR_LOCK;
            case "clock" -> Kind.CLOCK;
            default -> Kind.OTHER;
        };
    }

    /** Its properties hold the column family's name, as the value behind the shared prefix's "name". */
    private static boolean holdsRecords(Path sst) throws IOException {
        return new String(Files.readAllBytes(sst), StandardCharsets.ISO_8859_1).contains("namelog");
    }

    /** Where a cut leaves only whole parts: records of logs, lines of texts, slots, blocks. */
    List<Long> boundaries(Path data) throws IOException {
        Path file = data.resolve(path);
        long bytes = Files.size(file);
        return switch (kind) {
            case WAL, MANIFEST -> recordEnds(file);
            case LOG_SST, TABLE_SST -> steps(bytes, 4096);
            case BEACON -> steps(bytes, 28);
            default -> lineEnds(file);
        };
    }

    private static List<Long> steps(long bytes, long step) {
        return Stream.iterate(0L, at -> at < bytes, at -> at + step).toList();
    }

    private static List<Long> lineEnds(Path file) throws IOException {
        List<Long> ends = new ArrayList<>(List.of(0L));
        byte[] bytes = Files.readAllBytes(file);
        for (int i = 0; i + 1 < bytes.length; i++) {
            if (bytes[i] == '\n') {
                ends.add(i + 1L);
            }
        }
        return ends;
    }

    /** RocksDB's log format: 32 KiB blocks of fragments, each crc u32, length u16, type u8; types 1 and 4 end a record. */
    private static List<Long> recordEnds(Path file) throws IOException {
        List<Long> ends = new ArrayList<>(List.of(0L));
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int at = 0;
        while (at + LOG_HEADER_BYTES <= bytes.capacity()) {
            int leftInBlock = LOG_BLOCK_BYTES - at % LOG_BLOCK_BYTES;
            if (leftInBlock < LOG_HEADER_BYTES) {
                at += leftInBlock;
                continue;
            }
            int type = bytes.get(at + 6);
            at += LOG_HEADER_BYTES + Short.toUnsignedInt(bytes.getShort(at + 4));
            if (type != 2 && type != 3 && at < bytes.capacity()) {
                ends.add((long) at);
            }
        }
        return ends;
    }
}
