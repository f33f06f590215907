package dev.millrace.server.config;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An amount of bytes, written as a whole number and a unit of powers of 1024: {@code 64MiB}.
 *
 * <p>A bare number is refused: nobody can see whether 64 was meant as bytes or as megabytes.
 */
public record DataSize(long bytes) implements Comparable<DataSize> {
    /** The written form, for JSON Schema. */
    static final String PATTERN = "[0-9]+(B|KiB|MiB|GiB|TiB)";

    private static final Pattern FORM = Pattern.compile("([0-9]+)\\s*([A-Za-z]*)");
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

    public DataSize {
        if (bytes < 0) throw new IllegalArgumentException("bytes=" + bytes + " is negative");
    }

    /** Reads {@code 64MiB}; units are B, KiB, MiB, GiB and TiB. */
    public static Parsed<DataSize> parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) return Parsed.bad("is not a size", "write a whole number and a unit, such as 64MiB");
        String digits = form.group(1);
        String unit = form.group(2);
        if (unit.isEmpty()) return Parsed.bad("has no unit", suggestUnit(digits));
        for (int power = 0; power < UNITS.length; power++) {
            if (text.equals(digits + UNITS[power])) return scaled(digits, power);
        }
        return nearestUnit(unit)
                .<Parsed<DataSize>>map(
                        near -> Parsed.bad("is not written with a known unit", "did you mean " + digits + near + "?"))
                .orElseGet(() -> Parsed.bad("has the unknown unit " + unit, "units are B, KiB, MiB, GiB and TiB"));
    }

    /** The size as an array or buffer length. Fails: ArithmeticException from 2GiB on. */
    public int intBytes() {
        return Math.toIntExact(bytes);
    }

    @Override
    public int compareTo(DataSize other) {
        return Long.compare(bytes, other.bytes);
    }

    /** The written form in the largest unit that loses nothing. */
    @Override
    public String toString() {
        long count = bytes;
        int power = 0;
        while (count != 0 && count % 1024 == 0 && power < UNITS.length - 1) {
            count /= 1024;
            power++;
        }
        return count + UNITS[power];
    }

    private static Parsed<DataSize> scaled(String digits, int power) {
        try {
            return Parsed.good(new DataSize(Math.multiplyExact(Long.parseLong(digits), 1L << (10 * power))));
        } catch (ArithmeticException | NumberFormatException tooLarge) {
            return Parsed.bad("is too large");
        }
    }

    /** 67108864 was surely meant as bytes; 64 surely not. */
    private static String suggestUnit(String digits) {
        boolean readAsBytes = digits.length() > 3 && digits.length() < 19 && Long.parseLong(digits) % 1024 == 0;
        return "did you mean " + (readAsBytes ? new DataSize(Long.parseLong(digits)).toString() : digits + "MiB") + "?";
    }

    private static Optional<String> nearestUnit(String unit) {
        String lower = unit.toLowerCase(Locale.ROOT);
        for (String known : UNITS) {
            String letter = known.substring(0, 1).toLowerCase(Locale.ROOT);
            if (lower.matches(letter + "(i?b?|(ilo|ega|iga|era|ebi|ibi)?(bytes?|yte|ytes)?)"))
                return Optional.of(known);
        }
        return Optional.empty();
    }
}
