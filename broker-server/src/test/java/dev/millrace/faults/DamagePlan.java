package dev.millrace.faults;

import dev.millrace.faults.Injury.Type;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * Which injuries a data directory gets: each file kind in each way at least once, what holds data more often, and where
 * in a file by chance.
 */
final class DamagePlan {
    private static final int TAIL_BYTES = 64 << 10;
    private static final int LAST_RECORDS_BYTES = 16 << 10;
    private static final int WEIGHT_OF_DATA = 4;
    private static final int TORN_TAIL_SHARE = 8;

    private final DamageImage image;
    private final Random random;
    private final Map<DamagedFile.Kind, List<DamagedFile>> files = new EnumMap<>(DamagedFile.Kind.class);

    DamagePlan(DamageImage image, Random random) throws IOException {
        this.image = image;
        this.random = random;
        for (DamagedFile file : DamagedFile.list(image.data())) {
            files.computeIfAbsent(file.kind(), kind -> new ArrayList<>()).add(file);
        }
    }

    List<Injury> injuries(int count) throws IOException {
        List<Injury> planned = new ArrayList<>();
        if (image.killed()) {
            planned.addAll(tornTails(count / TORN_TAIL_SHARE));
        }
        while (planned.size() < count) {
            planned.addAll(round());
        }
        return planned.subList(0, count);
    }

    /** Each possible kind and type once, those of data some times, in random order. */
    private List<Injury> round() throws IOException {
        List<Injury> round = new ArrayList<>();
        for (DamagedFile.Kind kind : files.keySet()) {
            for (Type type : Type.values()) {
                for (int i = 0; i < (kind.matters() ? WEIGHT_OF_DATA : 1); i++) {
                    Injury injury = injury(kind, type);
                    if (injury != null) {
                        round.add(injury);
                    }
                }
            }
        }
        Collections.shuffle(round, random);
        return round;
    }

    /** Cuts of the newest write-ahead log that holds something: the one after it may just have been begun. */
    List<Injury> tornTails(int count) throws IOException {
        DamagedFile live = null;
        for (DamagedFile log : files.get(DamagedFile.Kind.WAL)) {
            if (bytes(log) > 1 && (live == null || log.path().compareTo(live.path()) > 0)) {
                live = log;
            }
        }
        long bytes = bytes(Objects.requireNonNull(live, "no write-ahead log holds anything"));
        List<Long> boundaries = live.boundaries(image.data());
        List<Injury> cuts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            // Anywhere; right before, at and behind the ends of records; and close to the end, where little is
            // acknowledged.
            long at = switch (i % 3) {
                case 0 -> bytes - 1 - random.nextInt((int) Math.min(TAIL_BYTES, bytes - 1));
                case 1 -> {
                    long end = boundaries.get(boundaries.size() - 1 - random.nextInt(Math.min(20, boundaries.size())));
                    yield Math.max(0, end - 1 + random.nextInt(3));
                }
                default -> bytes - 1 - random.nextInt((int) Math.min(LAST_RECORDS_BYTES, bytes - 1));
            };
            cuts.add(new Injury(live, Type.TORN_TAIL, at, null));
        }
        return cuts;
    }

    /** Null where this cannot be done to a file of this kind. */
    private Injury injury(DamagedFile.Kind kind, Type type) throws IOException {
        DamagedFile file = pick(files.get(kind));
        long bytes = bytes(file);
        boolean content = type != Type.DELETE && type != Type.DUPLICATE && type != Type.SWAP && type != Type.STALE;
        if (content && bytes == 0) {
            return null;
        }
        return switch (type) {
            case TRUNCATE -> new Injury(file, type, random.nextLong(bytes), null);
            case TRUNCATE_AT_BOUNDARY -> new Injury(file, type, pick(file.boundaries(image.data())), null);
            case TORN_TAIL -> null;
            case FLIP_BIT -> new Injury(file, type, random.nextLong(bytes * 8), null);
            case ZERO -> new Injury(file, type, random.nextLong(bytes), null);
            case SWAP -> swap(file);
            case STALE -> stale(file);
            case DELETE -> new Injury(file, type, 0, null);
            case DUPLICATE -> new Injury(file, type, 0, duplicateOf(file));
        };
    }

    private Injury swap(DamagedFile file) {
        List<DamagedFile> others = new ArrayList<>(files.get(file.kind()));
        others.remove(file);
        return others.isEmpty()
                ? null
                : new Injury(file, Type.SWAP, 0, pick(others).path());
    }

    /** The copy made at half the load; of a file of another number, where this one was not there yet. */
    private Injury stale(DamagedFile file) throws IOException {
        if (!Files.isDirectory(image.stale())) {
            return null;
        }
        List<Path> copies = DamagedFile.list(image.stale()).stream()
                .filter(old -> old.kind() == file.kind())
                .map(DamagedFile::path)
                .toList();
        if (copies.isEmpty()) {
            return null;
        }
        Path same = copies.contains(file.path()) ? file.path() : pick(copies);
        return new Injury(file, Type.STALE, 0, image.stale().resolve(same));
    }

    /** A numbered file gets a number that is free, as if the file system had brought an old one back under it. */
    private Path duplicateOf(DamagedFile file) {
        String name = file.path().getFileName().toString();
        String copy = name.matches(".*[0-9]{6}.*")
                ? name.replaceFirst("[0-9]{6}", "000" + (700 + random.nextInt(99)))
                : name + ".copy";
        return file.path().resolveSibling(copy);
    }

    private long bytes(DamagedFile file) throws IOException {
        return Files.size(image.data().resolve(file.path()));
    }

    private <T> T pick(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
