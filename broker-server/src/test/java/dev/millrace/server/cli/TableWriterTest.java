package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TableWriterTest {
    private final TableWriter table = new TableWriter()
            .text("NAME")
            .number("SIZE")
            .text("NOTE")
            .row("orders", 12, "many words in one cell")
            .row("a", 4711, null);

    @Test
    void alignsTextLeftAndNumbersRight() {
        assertThat(table.render(0)).isEqualTo("""
                NAME    SIZE  NOTE
                orders    12  many words in one cell
                a       4711  -
                """);
    }

    @Test
    void cutsTheWidestTextOnANarrowTerminal() {
        assertThat(table.render(30)).isEqualTo("""
                NAME    SIZE  NOTE
                orders    12  many words in o…
                a       4711  -
                """);
        assertThat(table.render(30).lines()).allMatch(line -> line.length() <= 30);
    }

    @Test
    void neverCutsNumbersOrShortTexts() {
        assertThat(table.render(5)).contains("orders    12  many wo…").contains("4711");
    }

    @Test
    void keepsForeignTextFromSteeringTheTerminal() {
        assertThat(new TableWriter().text("NAME").row("red\u001b[31m\nnext").render(0))
                .isEqualTo("NAME\nred?[31m?next\n");
    }

    @Test
    void countsCharactersNotHalves() {
        assertThat(new TableWriter()
                        .text("A")
                        .number("B")
                        .row("😀😀", 1)
                        .row("ab", 2)
                        .render(0))
                .isEqualTo("A   B\n😀😀  1\nab  2\n");
    }
}
