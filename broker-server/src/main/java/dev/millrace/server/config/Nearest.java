package dev.millrace.server.config;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds the word that somebody probably meant. */
final class Nearest {
    /** Longer words are no typing mistakes, and the distance costs the product of both lengths. */
    private static final int LENGTH_MAX = 100;

    private Nearest() {}

    /** The candidate with the fewest slips, if there are few enough to be slips. */
    static Optional<String> to(String word, Collection<String> candidates) {
        String best = null;
        int bestSlips = Integer.MAX_VALUE;
        for (String candidate : candidates) {
            int slips = slips(word, candidate);
            if (slips < bestSlips && slips <= slipsMax(word)) {
                best = candidate;
                bestSlips = slips;
            }
        }
        return Optional.ofNullable(best);
    }

    /** How many slips still pass for a mistake in a word of this length. */
    static int slipsMax(String word) {
        return Math.max(1, word.length() / 3);
    }

    /** Inserted, lost, wrong or swapped characters between two words; case, {@code _} and {@code -} do not count. */
    static int slips(String left, String right) {
        String a = plain(left);
        String b = plain(right);
        if (a.length() > LENGTH_MAX || b.length() > LENGTH_MAX) return Integer.MAX_VALUE;
        int[] beforePrevious = new int[b.length() + 1];
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) previous[j] = j;
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(change, 1 + Math.min(previous[j], current[j - 1]));
                if (swapped(a, i, b, j)) current[j] = Math.min(current[j], beforePrevious[j - 2] + 1);
            }
            beforePrevious = previous;
            previous = current;
        }
        return previous[b.length()];
    }

    private static boolean swapped(String a, int i, String b, int j) {
        return i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    }

    private static String plain(String word) {
        return word.replace("_", "").replace("-", "").toLowerCase(Locale.ROOT);
    }
}
