package dev.millrace.server.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Lays out rows in aligned columns, for people.
 *
 * <p>Where a terminal is narrower than the table, the widest columns of text are cut and end in an ellipsis; numbers
 * never are.
 */
final class TableWriter {
    private static final int GAP = 2;
    private static final int TEXT_MIN = 8;

    private final List<Column> columns = new ArrayList<>();
    private final List<String[]> rows = new ArrayList<>();

    private record Column(String title, boolean number) {}

    /** A column of text, aligned left. */
    TableWriter text(String title) {
        columns.add(new Column(title, false));
        return this;
    }

    /** A column of numbers, aligned right. */
    TableWriter number(String title) {
        columns.add(new Column(title, true));
        return this;
    }

    /** @param cells as many as there are columns; null is shown as {@code -} */
    TableWriter row(Object... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + columns.size() + " columns");
        }
        String[] row = new String[cells.length];
        for (int i = 0; i < row.length; i++) {
            row[i] = cells[i] == null ? "-" : printable(cells[i].toString());
        }
        rows.add(row);
        return this;
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    /** @param widthMax of the terminal, 0 for no limit */
    String render(int widthMax) {
        int[] widths = widths();
        shrink(widths, widthMax);
        StringBuilder out = new StringBuilder();
        String[] titles = columns.stream().map(Column::title).toArray(String[]::new);
        appendRow(out, titles, widths);
        for (String[] row : rows) {
            appendRow(out, row, widths);
        }
        return out.toString();
    }

    private int[] widths() {
        int[] widths = new int[columns.size()];
        for (int i = 0; i < widths.length; i++) {
            widths[i] = length(columns.get(i).title());
            for (String[] row : rows) {
                widths[i] = Math.max(widths[i], length(row[i]));
            }
        }
        return widths;
    }

    private void shrink(int[] widths, int widthMax) {
        if (widthMax <= 0) return;
        int total = GAP * (widths.length - 1);
        for (int width : widths) total += width;
        for (int excess = total - widthMax; excess > 0; excess--) {
            int widest = widestText(widths);
            if (widest < 0) return;
            widths[widest]--;
        }
    }

    private int widestText(int[] widths) {
        int widest = -1;
        for (int i = 0; i < widths.length; i++) {
            boolean canShrink = !columns.get(i).number() && widths[i] > TEXT_MIN;
            if (canShrink && (widest < 0 || widths[i] > widths[widest])) widest = i;
        }
        return widest;
    }

    private void appendRow(StringBuilder out, String[] cells, int[] widths) {
        int lineStart = out.length();
        for (int i = 0; i < cells.length; i++) {
            String cell = cut(cells[i], widths[i]);
            String padding = " ".repeat(widths[i] - length(cell));
            if (i > 0) out.append(" ".repeat(GAP));
            out.append(columns.get(i).number() ? padding + cell : cell + padding);
        }
        while (out.length() > lineStart && out.charAt(out.length() - 1) == ' ') out.setLength(out.length() - 1);
        out.append('\n');
    }

    private static String cut(String cell, int width) {
        if (length(cell) <= width) return cell;
        return cell.substring(0, cell.offsetByCodePoints(0, width - 1)) + "…";
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** A name that came from elsewhere must not steer the terminal. */
    private static String printable(String text) {
        return text.codePoints().anyMatch(Character::isISOControl) ? text.replaceAll("\\p{Cntrl}", "?") : text;
    }
}
