package dev.millrace.dashboard;

import com.fasterxml.jackson.databind.JsonNode;

/** Grafana's grid of 24 columns and rows of one height, in a picture. Units: pixels. */
final class Grid {
    static final int COLUMNS = 24;
    static final int WIDTH = 1200;
    static final int GAP = 8;
    private static final int ROW = 30;
    private static final double COLUMN = (WIDTH - GAP) / (double) COLUMNS;

    /** Where a panel lies, in columns and rows of the grid. */
    record Place(int x, int y, int w, int h) {
        static Place of(JsonNode json) {
            return new Place(
                    json.path("x").asInt(),
                    json.path("y").asInt(),
                    json.path("w").asInt(),
                    json.path("h").asInt());
        }
    }

    /** Where a panel lies in the picture. */
    record Box(double x, double y, double width, double height) {
        double right() {
            return x + width;
        }

        double bottom() {
            return y + height;
        }
    }

    private final int top;

    /** @param top what is left free above the first row */
    Grid(int top) {
        this.top = top;
    }

    Box box(Place place) {
        return new Box(GAP + place.x * COLUMN, top + place.y * ROW, place.w * COLUMN - GAP, place.h * ROW - GAP);
    }

    /** The height of a picture whose lowest panel ends above row {@code rows}. */
    int height(int rows) {
        return top + rows * ROW;
    }
}
