package dev.millrace.server.cli;

import java.util.ArrayList;
import java.util.List;

/** What is different between two texts, line by line: lines with -, + or a blank in front, far ones left out. */
final class LineDiff {
    private static final int CONTEXT_LINES = 2;
    /** Beyond so many pairs of lines all of the old text is shown as gone and all of the new one as new. */
    private static final long PAIRS_MAX = 4_000_000;

    private LineDiff() {}

    /** Empty where the texts are the same. */
    static List<String> of(List<String> older, List<String> newer) {
        List<String> all =
                (long) older.size() * newer.size() > PAIRS_MAX ? replaced(older, newer) : lines(older, newer);
        return all.stream().allMatch(line -> line.startsWith(" ")) ? List.of() : near(all);
    }

    private static List<String> replaced(List<String> older, List<String> newer) {
        List<String> lines = new ArrayList<>();
        older.forEach(line -> lines.add("- " + line));
        newer.forEach(line -> lines.add("+ " + line));
        return lines;
    }

    /** By the longest common subsequence. */
    private static List<String> lines(List<String> older, List<String> newer) {
        int[][] common = new int[older.size() + 1][newer.size() + 1];
        for (int i = older.size() - 1; i >= 0; i--) {
            for (int j = newer.size() - 1; j >= 0; j--) {
                common[i][j] = older.get(i).equals(newer.get(j))
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        List<String> lines = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < older.size() || j < newer.size()) {
            if (i < older.size() && j < newer.size() && older.get(i).equals(newer.get(j))) {
                lines.add("  " + older.get(i++));
                j++;
            } else if (j == newer.size() || i < older.size() && common[i + 1][j] >= common[i][j + 1]) {
                lines.add("- " + older.get(i++));
            } else {
                lines.add("+ " + newer.get(j++));
            }
        }
        return lines;
    }

    private static List<String> near(List<String> all) {
        List<String> near = new ArrayList<>();
        boolean cut = false;
        for (int i = 0; i < all.size(); i++) {
            List<String> around =
                    all.subList(Math.max(0, i - CONTEXT_LINES), Math.min(all.size(), i + CONTEXT_LINES + 1));
            if (around.stream().anyMatch(line -> !line.startsWith(" "))) {
                near.add(all.get(i));
                cut = false;
            } else if (!cut) {
                near.add("  ...");
                cut = true;
            }
        }
        return near;
    }
}
