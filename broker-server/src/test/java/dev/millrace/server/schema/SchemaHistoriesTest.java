package dev.millrace.server.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.time.TimeSource;
import dev.millrace.server.FakeBroker;
import dev.millrace.server.schema.SchemaHistories.Change;
import dev.millrace.server.schema.format.SchemaType;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Changes that public projects made to their schemas, as registrations. */
@Timeout(60)
class SchemaHistoriesTest {
    private static final SubjectName SUBJECT = SubjectName.of("history-value");

    private final FakeBroker broker = new FakeBroker();
    private final SchemaRegistry registry =
            SchemaRegistry.open(broker, SchemaLimits.DEFAULTS, Compatibility.NONE, TimeSource.SYSTEM);

    @AfterEach
    void close() {
        broker.close();
    }

    static List<Change> changes() {
        return SchemaHistories.load();
    }

    private int register(Change change, String text) {
        SchemaSubmission submission = SchemaSubmission.of(SchemaType.valueOf(change.format()), text);
        return registry.register(SUBJECT, submission, false).schema().version();
    }

    private void setLevel(String level) {
        registry.set(SUBJECT, new SubjectSettings(Compatibility.valueOf(level), null, null));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void aChangeThatBreaksReadersIsRefusedWithRuleAndPlace(Change change) {
        assertThat(register(change, change.older())).isEqualTo(1);
        setLevel(change.level());
        assertThatThrownBy(() -> register(change, change.newer()))
                .isInstanceOfSatisfying(SchemaRefusal.class, refused -> {
                    assertThat(refused.code()).isEqualTo(SchemaRefusal.INCOMPATIBLE);
                    assertThat(refused.violations())
                            .extracting(found -> found.direction() + " " + found.rule() + " " + found.path())
                            .contains(change.level() + " " + change.rule() + " " + change.path());
                    assertThat(refused.violations()).allSatisfy(found -> {
                        assertThat(found.againstVersion()).isEqualTo(1);
                        assertThat(found.older()).isNotBlank();
                        assertThat(found.newer()).isNotBlank();
                        assertThat(found.fix()).isNotBlank();
                    });
                });
        assertThat(registry.versions(SUBJECT, true)).hasSize(1);
        setLevel("NONE");
        assertThat(register(change, change.newer())).as("as it was made").isEqualTo(2);
    }

    @Test
    void thereAreManyOfEachFormat() {
        List<Change> changes = changes();
        assertThat(changes).extracting(Change::toString).doesNotHaveDuplicates();
        assertThat(changes).hasSizeGreaterThanOrEqualTo(20);
        for (SchemaType type : SchemaType.values()) {
            assertThat(changes)
                    .filteredOn(change -> change.format().equals(type.name()))
                    .as(type.name())
                    .hasSizeGreaterThanOrEqualTo(6);
        }
    }
}
