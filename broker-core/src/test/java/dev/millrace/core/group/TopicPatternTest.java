package dev.millrace.core.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicPatternTest {
    @ParameterizedTest
    @CsvSource({
        "orders, orders",
        "orders.eu, orders.eu",
        "orders.*, orders.eu",
        "*.eu, orders.eu",
        "orders.*.new, orders.eu.new",
        "*, orders",
        "*.*, a.b",
        "orders.>, orders.eu",
        "orders.>, orders.eu.new.today",
        "*.eu.>, orders.eu.new",
        ">, orders",
        ">, orders.eu.new",
    })
    void matches(String pattern, String topic) {
        assertThat(TopicPattern.of(pattern).matches(topic)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "orders, order",
        "orders, orderss",
        "orders, orders.eu",
        "orders.eu, ordersxeu",
        "orders.*, orders",
        "orders.*, orders.eu.new",
        "orders.*, ordersx.eu",
        "orders.*, order.eu",
        "*.eu, eu",
        "*.eu, a.b.eu",
        "*.eu, orders.us",
        "*.eu, orders.eux",
        "orders.*.new, orders.new",
        "orders.*.new, orders.eu.old",
        "*, a.b",
        "orders.>, orders",
        "orders.>, ordersx.eu",
        "*.eu.>, orders.eu",
    })
    void doesNotMatch(String pattern, String topic) {
        assertThat(TopicPattern.of(pattern).matches(topic)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "a.", ".a", "a..b", "a*", "*a.b", "a.>.b", ">.a", ">>", "a b", "ä", "a/b", "a\n"})
    void refusesWhatIsNoPattern(String text) {
        assertThat(TopicPattern.problemWith(text)).isNotNull().doesNotContain("\n");
        assertThatThrownBy(() -> TopicPattern.of(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void allowsAsManyCharactersAsTopicNames() {
        assertThat(TopicPattern.problemWith("a".repeat(249))).isNull();
        assertThat(TopicPattern.problemWith("a".repeat(250))).contains("250").contains("249");
        assertThat(TopicPattern.problemWith(null)).isNotNull();
    }

    @Test
    void knowsNamesFromPatterns() {
        assertThat(TopicPattern.of("orders.eu").isLiteral()).isTrue();
        assertThat(TopicPattern.of("orders.*").isLiteral()).isFalse();
        assertThat(TopicPattern.of("orders.>").isLiteral()).isFalse();
    }
}
