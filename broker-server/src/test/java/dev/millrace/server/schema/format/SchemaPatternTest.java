package dev.millrace.server.schema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.CheckBudget;
import dev.millrace.testing.Seeds;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Patterns mean what they mean elsewhere, and end. */
@Timeout(120)
class SchemaPatternTest {
    private static boolean finds(String pattern, String text) {
        return SchemaPattern.compile(pattern).find(text, new CheckBudget());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            quoteCharacter = '"',
            value = {
                "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$ 123e4567-e89b-12d3-a456-426614174000 true",
                "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$ 123e4567-e89b-12d3-a456-42661417400 false",
                "^(?=.*[A-Z])(?=.*\\d).{8,}$ Password1 true",
                "^(?=.*[A-Z])(?=.*\\d).{8,}$ password1 false",
                "^(?!-)[a-z-]{1,63}(?<!-)$ a-b true",
                "^(?!-)[a-z-]{1,63}(?<!-)$ a-b- false",
                "^(\\w)(\\w)?\\2\\1$ abba true",
                "^(\\w)(\\w)?\\2\\1$ abab false",
                "^(?<q>['`]).*\\k<q>$ 'a' true",
                "^(?<q>['`]).*\\k<q>$ 'a` false",
                "\\bcat\\b a-cat-b true",
                "\\bcat\\b concat false",
                "^\\p{Lu}\\p{Letter}*$ Änderung true",
                "^\\p{Lu}\\P{Lu}*$ ÄnDerung false",
                "^\\u00e4\\x41\\u{1F600}$ äA😀 true",
                "^.$ 😀 true",
                "^[^a-c\\]]+$ xyz true",
                "^[\\w.-]+@[a-z-]+(\\.[a-z]+)+$ ada.l@example.org true",
                "^a{2,3}?$ aaa true",
                "^a{2,3}$ aaaa false",
                "^a{,2}$ a{,2} true",
                "^a{$ a{ true",
                "^{a}]$ {a}] true",
                "^a{1$ a{1 true",
                "^a{1,x}$ a{1,x} true",
                "^{{name}}$ {{name}} true",
                "^(?:a{2}){3}$ aaaaaa true",
                "^(?:a{2}){3}$ aaaaa false",
                "^(?=a)*b$ b true",
                "^[\\w-.]+$ a-b.c true",
                "^[]$ a false",
                "^[^]$ a true",
            })
    void meansWhatEcma262Says(String pattern, String text, boolean expected) {
        assertThat(finds(pattern, text)).isEqualTo(expected);
    }

    /** The examples of ECMA-262 (22.2.2), each followed by what its groups have matched in the end. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "^(z)((a+)?(b+)?(c))*-\\1-\\2-\\3-\\4-\\5$ zaacbbbcac-z-ac-a--c true",
                "^(z)((a+)?(b+)?(c))*-\\1-\\2-\\3-\\4-\\5$ zaacbbbcac-z-ac-a-bbb-c false",
                "^(z)((a+)?(b+)?(c))*?-\\1-\\2-\\3-\\4-\\5$ zaacbbbcac-z-ac-a--c true",
                "^(z)((a+)?(b+)?(c)){3}-\\4-\\5$ zaacbbbcac--c true",
                "^((a)|(ab))((c)|(bc))-\\1-\\2-\\3-\\4-\\5-\\6$ abc-a-a--bc--bc true",
                "^(?=((aa|aabaac|ba|b|c)*))\\1ac-\\2$ aabaac-ba true",
                "^(a+)\\1*,\\1+$ aaaaaaaaaa,aaaaaaaaaaaaaaa true",
                "^(a*)*b-\\1$ b- true",
                "^(a*)b\\1+-\\1$ b- true",
                "(?=(a+))a*b\\1 baaabac true",
                "^b(?=(a+))\\1bac$ baaabac true",
                "^(.*?)a(?!(a+)b\\2c)\\2(.*)-\\1-\\2-\\3$ baaabaac-ba--abaac true",
                "^(?:(a)|(b)|\\1)+$ ab true",
                "^(?:(a)|b)*-\\1$ ab- true",
                "^(?:(a)|b)*-\\1$ ab-a false",
                "^(?:(a)|b)*c-\\1$ ba-c false",
                "^(?:(a)|b)*-\\1$ ba-a true",
            })
    void groupsHaveMatchedWhatTheLastRepetitionMatched(String pattern, String text, boolean expected) {
        assertThat(finds(pattern, text)).isEqualTo(expected);
    }

    /** A look matches in the first way that it can, and leaves no trace where it or what follows fails. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "^(?:(?=(a))b|a\\1b)$ ab true",
                "^(?:(?!(a))c|a\\1b)$ ab true",
                "^(?:(?<!(a))c|ab\\1)$ ab true",
                "^(?=(a|ab))\\1c$ abc false",
                "^(?=(ab|a))\\1c$ abc true",
                "^(?=(a+))(?:a*b|\\1c)$ aac true",
                "^(?:(?=(\\w))\\1-?)+$ a-bc-d true",
                "^(?!(?!(?=ab))) ab true",
                "^(?:(?=(a)|(b)).)*-\\1-\\2$ ab--b true",
            })
    void looksLeaveNoWayBackIntoThem(String pattern, String text, boolean expected) {
        assertThat(finds(pattern, text)).isEqualTo(expected);
    }

    /** From the place on to the front, so that the last part of a lookbehind takes what it can before the first does. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "(?<=^(\\d+)(\\d+))-\\1-\\2$ 1053-1-053 true",
                "(?<=^(\\d+)(\\d+))-\\1-\\2$ 1053-105-3 false",
                "(?<=^(\\d+?)(\\d+?))-\\1-\\2$ 1053-105-3 true",
                "(?<=\\1(\\w))d abccd true",
                "(?<=\\1(\\w))d abcd false",
                "(?<=(\\w)\\1)d abcd true",
                "^abc(?<=(\\w){3})-\\1$ abc-a true",
                "^abc(?<=(\\w){3})-\\1$ abc-c false",
                "(?<=a(?=bc))bc abc true",
                "(?<=a(?=bd))bc abc false",
                "(?<=(?<!a)b)c xbc true",
                "(?<=(?<!a)b)c abc false",
                "(?<=(?:ab){2,})c ababc true",
                "(?<=(?:ab){2,})c xbabc false",
                "(?<=ab*?)c abbc true",
                "(?<!ab*)c abbc false",
                "(?<=abc|d)e abce true",
                "(?<=^.)b 😀b true",
                "(?<=[^a]{2})c x😀c true",
                "(?<=[^a]{2})c 😀c false",
                "(?<=\\bab)c ab-abc true",
                "(?<=\\$)\\d+(?:\\.\\d*)? $10.53 true",
                "(?<!\\$)\\b\\d+ $10 false",
            })
    void whatStandsBehindIsMatchedBackwards(String pattern, String text, boolean expected) {
        assertThat(finds(pattern, text)).isEqualTo(expected);
    }

    /** A turn that is due may take nothing, and counts as one; others follow all the same. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "^(?:^|a){3}$ aa true",
                "^(?:^|a){3}$ aaaa false",
                "^(?:|a){3}$ aaa true",
                "^(?:|a){3}$ aaaa false",
                "^(?:a|){2,3}$ aaa true",
                "^(?:\\b|a){2}-$ a- true",
                "^(?:a?){2,}b$ aaaab true",
                "^(?:a??){2,}?b$ aaaab true",
                "^(?=((?:|a){2}))\\1$ a false",
                "^(?=((?:a|){2}))\\1$ aa true",
                "^(?:(a*)*)*b$ aab true",
                "^(?:(?=a)|a)*$ aa true",
            })
    void turnsThatTakeNothingCountWhereTheyAreDue(String pattern, String text, boolean expected) {
        assertThat(finds(pattern, text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a**",
                "a++",
                "(a",
                "a)",
                "[a",
                "[b-a]",
                "\\",
                "\\A",
                "\\Qa\\E",
                "(?i)a",
                "(?>a)",
                "\\2(a)",
                "\\k<n>",
                "a{2,1}",
                "\\u{110000}",
                "\\u{}",
                "\\x4",
                "\\p{Nonsense}",
                "\\pL",
                "*"
            })
    void refusesWhatIsNoneOfIt(String pattern) {
        assertThatThrownBy(() -> SchemaPattern.compile(pattern))
                .isInstanceOf(UnusableSchemaException.class)
                .hasMessageContaining("at character");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "a{2}{3} 4",
                "a{2}?{3} 5",
                "a+{2} 2",
                "(?:ab){1,}* 10",
                "a{2}+ 4",
                "a??? 3",
                "{3} 0",
                "a|{3,} 2",
                "({1,2}) 1",
                "a|* 2",
                "^* 1",
                "a$+ 2",
                "\\b{2} 2",
                "(?<=a)* 6",
                "(?<!a){1} 6",
            })
    void aRepetitionOfNothingIsRefusedAtItsPlace(String pattern, int place) {
        assertThatThrownBy(() -> SchemaPattern.compile(pattern))
                .isInstanceOf(UnusableSchemaException.class)
                .hasMessageContaining("at character " + place + ": there is nothing to repeat");
    }

    private static Stream<String> hostilePatterns() {
        return Stream.of(
                "^(a+)+$",
                "^(a|a)*$",
                "^(a|aa)+$",
                "(.*)*b",
                "(|){60}(?!)",
                "^(?:(|)(|)){40}(?!)",
                "((){1000000000}){1000000000}(?!)",
                "(x+x+)+y|(a+a+)+y",
                "(?<=(a|a)+)b",
                "(a*)*(\\1)*b");
    }

    @ParameterizedTest
    @MethodSource("hostilePatterns")
    void hostilePatternsEndWithinTheirBudget(String pattern) {
        CheckBudget budget = new CheckBudget();
        boolean found;
        try {
            found = SchemaPattern.compile(pattern).find("a".repeat(200) + "!", budget);
        } catch (OverBudgetException ended) {
            found = false;
        }
        assertThat(found).isFalse();
        // One step past it ends it: none is larger than the pattern.
        assertThat(budget.spent()).isLessThan(budget.allowed() + 1_000);
    }

    @Test
    void longTextsAreWithinTheirBudget() {
        String text = "word ".repeat(200_000);
        CheckBudget budget = new CheckBudget();
        budget.addRecord(text.length());
        assertThat(SchemaPattern.compile("^[a-z ]*$").find(text, budget)).isTrue();
        assertThat(SchemaPattern.compile("^[^\\n]{3,}d\\s$").find(text, budget)).isTrue();
        assertThat(budget.spent()).isLessThan(budget.allowed() / 5);
    }

    private static Stream<String> patternsOfLongTexts() {
        return Stream.of(
                "^(ab)*$",
                "^(ab)*?$",
                "^(?:ab)+$",
                "^(a|b)*$",
                "^(?:(a)(b)|c){50000}$",
                "^(?:(?=(ab))\\1)*$",
                "^(?:(\\w)(?!\\1))*$",
                "^(.*?)b$");
    }

    @ParameterizedTest
    @MethodSource("patternsOfLongTexts")
    void groupsAreRepeatedAsOftenAsALongTextHasThem(String pattern) {
        String text = "ab".repeat(50_000);
        CheckBudget budget = new CheckBudget();
        budget.addRecord(text.length());
        assertThat(SchemaPattern.compile(pattern).find(text, budget)).isTrue();
        assertThat(SchemaPattern.compile(pattern).find(text + "-", budget)).isFalse();
        assertThat(budget.spent()).isLessThan(budget.allowed() / 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"(?<=b)a{2}", "(?<!a|^)a", "(?<=x[ab]{3})a", "(?<=^|,)b", "^a+(?<!a)$"})
    void lookingBehindCostsWhatItHasToTake(String pattern) {
        String text = "a".repeat(100_000);
        CheckBudget budget = new CheckBudget();
        budget.addRecord(text.length());
        assertThat(SchemaPattern.compile(pattern).find(text, budget)).isFalse();
        assertThat(budget.spent()).isLessThan(30L * text.length());
    }

    /** As deep as groups may stand in each other; each asks whether what it repeats may be empty. */
    @Test
    void deepGroupsAreRead() {
        String pattern = "(?:".repeat(99) + "a|" + "b*)+?".repeat(99);
        assertThat(finds("^" + pattern + "$", "b")).isTrue();
        assertThatThrownBy(() -> SchemaPattern.compile("(".repeat(102) + ")".repeat(102)))
                .hasMessageContaining("more than 100 deep");
    }

    @Test
    void whatAMatchKeepsIsBounded() {
        String text = "ab".repeat(1 << 20);
        CheckBudget budget = new CheckBudget();
        budget.addRecord(text.length());
        assertThat(SchemaPattern.compile("^[ab]*$").find(text, budget)).isTrue();
        assertThatThrownBy(() -> SchemaPattern.compile("^(a|b)*$").find(text, budget))
                .isInstanceOfSatisfying(
                        OverBudgetException.class,
                        over -> assertThat(over.problem(budget))
                                .contains(
                                        "keeps more than " + PatternRun.KEPT_MAX + " places", "Simplify the pattern"));
        assertThat(budget.exceeded()).isFalse();
    }

    /** The JDK's own must agree on whatever both understand. */
    @Test
    void agreesWithTheJdkOnRandomPatterns() {
        String given = System.getProperty("seed", "");
        long seed = given.isEmpty() ? 20_261_128 : Long.parseLong(given);
        SplittableRandom random = new SplittableRandom(seed);
        int found = 0;
        int costly = 0;
        for (int i = 0; i < 20_000; i++) {
            String pattern = new RandomPattern(random).text();
            Pattern theirs = jdkPattern(pattern);
            if (theirs == null) {
                continue;
            }
            SchemaPattern ours = SchemaPattern.compile(pattern);
            for (int k = 0; k < 5; k++) {
                String text = text(random);
                boolean expected = theirs.matcher(text).find();
                try {
                    assertThat(ours.find(text, new CheckBudget()))
                            .as("-Dseed=%d pattern %s text '%s'", seed, pattern, text)
                            .isEqualTo(expected);
                    found += expected ? 1 : 0;
                } catch (OverBudgetException ended) {
                    costly++;
                }
            }
        }
        assertThat(found).isBetween(10_000, 90_000);
        assertThat(costly).isLessThan(100);
    }

    /** Null where it sees no bound for a lookbehind: it takes that of some repeated groups for endless. */
    private static Pattern jdkPattern(String pattern) {
        try {
            return Pattern.compile(pattern);
        } catch (PatternSyntaxException unbounded) {
            assertThat(unbounded).hasMessageContaining("Look-behind group does not have an obvious maximum length");
            return null;
        }
    }

    private static String text(SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i > 0; i--) {
            text.append("abc-".charAt(random.nextInt(4)));
        }
        return text.toString();
    }

    /** Of what means the same to the JDK, which does not look behind without a bound, nor at groups that matched nothing. */
    private static final class RandomPattern {
        private static final List<String> BOUNDED = List.of("", "", "?", "{2}", "{1,2}", "{0,3}", "??");
        private static final List<String> ENDLESS = List.of("*", "+", "*?", "+?", "{1,}?");

        private final SplittableRandom random;
        private int names;

        RandomPattern(SplittableRandom random) {
            this.random = random;
        }

        String text() {
            return sequence(3, false);
        }

        private String sequence(int depth, boolean bounded) {
            StringBuilder text = new StringBuilder();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                text.append(part(depth, bounded));
            }
            return text.toString();
        }

        private String part(int depth, boolean bounded) {
            return switch (random.nextInt(depth == 0 ? 8 : 15)) {
                case 0 -> "^";
                case 1 -> "$";
                case 2 -> "[ab]";
                case 3 -> "[^b-]";
                case 4 -> "\\b";
                case 5 -> ".";
                case 6 -> "b" + repetition(bounded);
                case 7 -> "[a-c]" + repetition(bounded);
                case 8 -> group("(?:", depth, bounded);
                case 9 -> group("(", depth, bounded);
                case 10 -> "(?=" + sequence(depth - 1, bounded) + ")";
                case 11 -> "(?!" + sequence(depth - 1, bounded) + ")";
                case 12 -> "(?<=" + sequence(depth - 1, true) + ")";
                case 13 -> "(?<!" + sequence(depth - 1, true) + ")";
                default -> bounded ? sequence(depth - 1, true) : twice(depth);
            };
        }

        private String twice(int depth) {
            String name = "n" + names++;
            return "(?<" + name + ">" + sequence(depth - 1, false) + ")\\k<" + name + ">";
        }

        /** The JDK ends a repetition when a turn takes nothing, even where more are due: turns of {2} take something here. */
        private String group(String open, int depth, boolean bounded) {
            String repetition = repetition(bounded);
            String taken = repetition.equals("{2}") ? "[ab]" : "";
            return open + taken + sequence(depth - 1, bounded) + "|" + taken + sequence(depth - 1, bounded) + ")"
                    + repetition;
        }

        private String repetition(boolean bounded) {
            int choice = random.nextInt(bounded ? BOUNDED.size() : BOUNDED.size() + ENDLESS.size());
            return choice < BOUNDED.size() ? BOUNDED.get(choice) : ENDLESS.get(choice - BOUNDED.size());
        }
    }

    /** Every construct that is read, and what is refused next to it. */
    private static final List<String> CORPUS = List.of(
            "^(z)((a+)?(b+)?(c))*\\4$",
            "^(?:a{2}){3}|a{,5}|{x}$",
            "^(?:(?=(\\w))\\1-?)+?$",
            "(?<=^(\\d+)(?<!\\1x))-(?!b)",
            "(?<n>[^a-c\\]]{0,3})\\k<n>",
            "\\p{Lu}\\P{L}\\u{1F600}\\x41\\cA\\0[\\w-.]",
            "(|a)*(|b){2,}?(?:^|c){3}");

    private static final String MARKS = "(){}[]*+?|^$\\-,:=!<>2abk";

    @Test
    void anyMutationOfAPatternIsReadOrRefusedAndEnds() {
        long seed = Seeds.first();
        SplittableRandom random = new SplittableRandom(seed);
        int read = 0;
        for (int i = 0; i < 20_000; i++) {
            String pattern = mutated(CORPUS.get(random.nextInt(CORPUS.size())), random);
            try {
                CheckBudget budget = new CheckBudget();
                budget.spend(900_000);
                SchemaPattern.compile(pattern).find("zaac-\ud83d\ude00-aabb", budget);
                read++;
            } catch (UnusableSchemaException refused) {
                assertThat(refused).as("-Dseed=%d", seed).hasMessageContaining("at character");
            } catch (OverBudgetException ended) {
                read++;
            } catch (RuntimeException | Error defect) {
                throw new AssertionError("-Dseed=" + seed + ": " + pattern, defect);
            }
        }
        assertThat(read).as("-Dseed=%d", seed).isBetween(1_000, 19_000);
    }

    private static String mutated(String pattern, SplittableRandom random) {
        StringBuilder mutant = new StringBuilder(pattern);
        for (int edits = 1 + random.nextInt(3); edits > 0 && mutant.length() > 1; edits--) {
            int at = random.nextInt(mutant.length());
            switch (random.nextInt(4)) {
                case 0 -> mutant.deleteCharAt(at);
                case 1 -> mutant.insert(at, MARKS.charAt(random.nextInt(MARKS.length())));
                case 2 -> {
                    int from = random.nextInt(pattern.length());
                    mutant.insert(at, pattern, from, Math.min(pattern.length(), from + 4));
                }
                default -> mutant.insert(at, "(?<=").append(')');
            }
        }
        return mutant.toString();
    }
}
