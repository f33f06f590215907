package dev.millrace.server.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.TopicPartition;
import dev.millrace.core.time.TimeSource;
import dev.millrace.core.wire.SchemaNames;
import dev.millrace.server.FakeBroker;
import dev.millrace.server.schema.format.ParsedSchema.Strictness;
import dev.millrace.server.schema.format.SchemaType;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Subjects, versions, ids and modes; the log behind them is the truth. */
@Timeout(60)
class SchemaRegistryTest {
    private static final SubjectName ORDERS = SubjectName.of("orders-value");
    private static final SubjectName GLOBAL = SubjectName.parse("");

    private final FakeBroker broker = new FakeBroker();
    private SchemaRegistry registry = open(SchemaLimits.DEFAULTS);

    @AfterEach
    void close() {
        broker.close();
    }

    private SchemaRegistry open(SchemaLimits limits) {
        return SchemaRegistry.open(broker, limits, Compatibility.BACKWARD, TimeSource.SYSTEM);
    }

    private static SchemaSubmission avro(String... fields) {
        return SchemaSubmission.of(
                SchemaType.AVRO,
                "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[" + String.join(",", fields) + "]}");
    }

    private static String field(String name, String type) {
        return "{\"name\":\"" + name + "\",\"type\":\"" + type + "\"}";
    }

    private static String optional(String name) {
        return "{\"name\":\"" + name + "\",\"type\":\"string\",\"default\":\"\"}";
    }

    private RegisteredSchema register(SubjectName subject, SchemaSubmission submission) {
        return registry.register(subject, submission, false).schema();
    }

    private static void assertRefused(int code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        SchemaRefusal.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(code));
    }

    @Test
    void deletesManyLargeVersionsInBatchesOfALimitedSize() {
        int count = 30;
        registry.set(ORDERS, new SubjectSettings(Compatibility.NONE, null, null));
        for (int i = 0; i < count; i++) {
            register(
                    ORDERS,
                    SchemaSubmission.of(
                            SchemaType.JSON,
                            "{\"title\":\"" + i + "\",\"description\":\"" + "x".repeat(100_000) + "\"}"));
        }
        int before = broker.appended.size();
        assertThat(registry.deleteSubject(ORDERS, false)).hasSize(count);
        assertThat(registry.versions(ORDERS, false)).isEmpty();
        assertThat(registry.versions(ORDERS, true)).hasSize(count);
        assertThat(broker.appended.subList(before, broker.appended.size()))
                .hasSizeBetween(count / 3, count + 1)
                .allSatisfy(batch -> assertThat(batch.remaining()).isLessThan(400_000));
        int softly = broker.appended.size();
        assertThat(registry.deleteSubject(ORDERS, true)).hasSize(count);
        assertThat(broker.appended.size() - softly)
                .as("parts, as the audit log keeps what was there before")
                .isGreaterThanOrEqualTo(count / 3);
        registry = open(SchemaLimits.DEFAULTS);
        assertThat(registry.versions(ORDERS, true)).isEmpty();
        assertThat(registry.ownSettings(ORDERS)).isNull();
    }

    /** Each version is as much as one commit takes, and what the subject is set to was one more. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void deletionThatEndsBetweenItsCommitsIsFinishedByAskingAgain(boolean permanent) {
        SubjectSettings free = new SubjectSettings(Compatibility.NONE, null, null);
        registry.set(ORDERS, free);
        registry.setMode(ORDERS, RegistryMode.READWRITE, false);
        for (int i = 0; i < 3; i++) {
            register(
                    ORDERS,
                    SchemaSubmission.of(
                            SchemaType.JSON,
                            "{\"title\":\"" + i + "\",\"description\":\"" + "x".repeat(261_800) + "\"}"));
        }
        if (permanent) {
            registry.deleteSubject(ORDERS, false);
            registry.set(ORDERS, free);
            registry.setMode(ORDERS, RegistryMode.READWRITE, false);
        }
        int before = broker.appended.size();
        registry.deleteSubject(ORDERS, permanent);
        assertThat(broker.appended.size() - before).isGreaterThan(1);
        for (int commits = before; commits <= broker.appended.size(); commits++) {
            try (FakeBroker ended = holding(broker.appended.subList(0, commits))) {
                SchemaRegistry reopened =
                        SchemaRegistry.open(ended, SchemaLimits.DEFAULTS, Compatibility.BACKWARD, TimeSource.SYSTEM);
                int left = reopened.versions(ORDERS, permanent).size();
                assertThat(reopened.ownSettings(ORDERS))
                        .as("after %d commits, with %d versions left", commits, left)
                        .isEqualTo(left > 0 ? free : null);
                assertThat(reopened.ownMode(ORDERS)).isEqualTo(left > 0 ? RegistryMode.READWRITE : null);
                if (left > 0) {
                    assertThat(reopened.deleteSubject(ORDERS, permanent)).hasSize(left);
                }
                assertThat(reopened.versions(ORDERS, permanent)).isEmpty();
                assertThat(reopened.ownSettings(ORDERS)).isNull();
                assertThat(reopened.ownMode(ORDERS)).isNull();
            }
        }
    }

    private static FakeBroker holding(List<ByteBuffer> batches) {
        FakeBroker broker = new FakeBroker();
        TopicPartition log = broker.internals().log(SchemaNames.TOPIC).join();
        batches.forEach(batch -> broker.logs().append(log, batch.duplicate()).join());
        return broker;
    }

    @Test
    void sameSchemaHasTheSameIdEverywhereAndOneVersionInASubject() {
        RegisteredSchema first = register(ORDERS, avro(field("id", "string")));
        assertThat(register(ORDERS, avro(field("id", "string")))).isEqualTo(first);
        assertThat(register(
                        ORDERS,
                        SchemaSubmission.of(SchemaType.AVRO, first.text().replace(",", " ,\n"))))
                .as("blanks do not matter")
                .isEqualTo(first);
        RegisteredSchema elsewhere = register(SubjectName.of("other-value"), avro(field("id", "string")));
        assertThat(elsewhere.id()).isEqualTo(first.id());
        assertThat(register(ORDERS, avro(field("id", "string"), optional("note")))
                        .id())
                .isEqualTo(first.id() + 1);
        assertThat(register(SubjectName.of(":.test:orders-value"), avro(optional("x")))
                        .id())
                .as("a context counts its own ids")
                .isEqualTo(1);
    }

    /** Version 1 has fields a and b, both optional; what may follow on versions 1 (a, b) and 2 (a)? */
    @ParameterizedTest
    @CsvSource({
        "NONE,                true,  true",
        "BACKWARD,            false, true",
        "BACKWARD_TRANSITIVE, false, true",
        "FORWARD,             true,  false",
        "FORWARD_TRANSITIVE,  true,  false",
        "FULL,                false, false",
        "FULL_TRANSITIVE,     false, false",
    })
    void levelDecidesWhichSideMustKeepReading(Compatibility level, boolean mayAddRequired, boolean mayRemoveRequired) {
        registry.set(ORDERS, new SubjectSettings(level, null, null));
        register(ORDERS, avro(field("id", "string"), field("total", "int")));
        List<Violation> added =
                registry.check(ORDERS, avro(field("id", "string"), field("total", "int"), field("new", "int")), null);
        List<Violation> removed = registry.check(ORDERS, avro(field("id", "string")), null);
        assertThat(added.isEmpty()).isEqualTo(mayAddRequired);
        assertThat(removed.isEmpty()).isEqualTo(mayRemoveRequired);
        if (!mayAddRequired) {
            assertThat(added.get(0).path()).isEqualTo("/new");
            assertThat(added.get(0).direction()).isEqualTo(Compatibility.BACKWARD);
        }
        if (!mayRemoveRequired) {
            assertThat(removed.get(0).path()).isEqualTo("/total");
            assertThat(removed.get(0).direction()).isEqualTo(Compatibility.FORWARD);
        }
    }

    @Test
    void transitiveLevelsLookAtAllVersionsAndNameTheOne() {
        register(ORDERS, avro(field("id", "string"), field("total", "int")));
        register(ORDERS, avro(field("id", "string")));
        SchemaSubmission back =
                avro(field("id", "string"), "{\"name\":\"total\",\"type\":\"string\",\"default\":\"\"}");
        assertThat(registry.check(ORDERS, back, null)).isEmpty();
        registry.set(ORDERS, new SubjectSettings(Compatibility.BACKWARD_TRANSITIVE, null, null));
        List<Violation> violations = registry.check(ORDERS, back, null);
        assertThat(violations).as("version 1 counts, too").hasSize(1);
        Violation violation = violations.get(0);
        assertThat(violation.againstVersion()).isEqualTo(1);
        assertThat(violation.rule()).isEqualTo("TYPE_MISMATCH");
        assertThat(violation.path()).isEqualTo("/total/type");
        assertThat(violation.older()).isEqualTo("int");
        assertThat(violation.newer()).isEqualTo("string");
        assertThat(violation.fix()).contains("keep the type int");
        assertThatThrownBy(() -> register(ORDERS, back))
                .hasMessageContaining("/total/type")
                .hasMessageContaining("againstVersion: 1")
                .hasMessageContaining("BACKWARD_TRANSITIVE");
    }

    @Test
    void formatOfASubjectDoesNotChange() {
        register(ORDERS, avro(field("id", "string")));
        assertThatThrownBy(() -> register(ORDERS, SchemaSubmission.of(SchemaType.JSON, "{\"type\":\"object\"}")))
                .hasMessageContaining("SCHEMA_TYPE_CHANGED");
    }

    @Test
    void aNumberThatWasReservedIsNotGivenAgainUnderAnyLevel() {
        registry.set(ORDERS, new SubjectSettings(Compatibility.FULL_TRANSITIVE, null, null));
        register(ORDERS, protobuf("string id = 1; int32 total = 2;"));
        register(ORDERS, protobuf("string id = 1; reserved 2;"));
        List<Violation> reused = registry.check(ORDERS, protobuf("string id = 1; int32 count = 2;"), null);
        assertThat(reused).extracting(Violation::rule).containsExactly("RESERVED_REUSED");
        assertThat(reused.get(0).direction()).isEqualTo(Compatibility.BACKWARD);
    }

    private static SchemaSubmission protobuf(String fields) {
        return SchemaSubmission.of(SchemaType.PROTOBUF, "syntax = \"proto3\"; message Order { " + fields + " }");
    }

    @Test
    void isRebuiltFromItsLog() {
        register(ORDERS, avro(field("id", "string")));
        register(ORDERS, avro(field("id", "string"), optional("note")));
        register(SubjectName.of("gone-value"), avro(optional("x")));
        registry.deleteVersion(ORDERS, "1", false);
        registry.deleteSubject(SubjectName.of("gone-value"), false);
        registry.deleteSubject(SubjectName.of("gone-value"), true);
        registry.set(ORDERS, new SubjectSettings(Compatibility.FULL, Strictness.LENIENT, true));
        registry.setMode(SubjectName.of("x"), RegistryMode.READONLY, false);

        SchemaRegistry rebuilt = open(SchemaLimits.DEFAULTS);
        assertThat(rebuilt.subjects(schema -> true)).containsExactly(ORDERS);
        assertThat(rebuilt.versions(ORDERS, true)).isEqualTo(registry.versions(ORDERS, true));
        assertThat(rebuilt.versions(ORDERS, false)).hasSize(1);
        assertThat(rebuilt.settings(ORDERS))
                .isEqualTo(new SubjectSettings(Compatibility.FULL, Strictness.LENIENT, true));
        assertThat(rebuilt.mode(SubjectName.of("x"))).isEqualTo(RegistryMode.READONLY);
        assertThat(rebuilt.register(SubjectName.of("new-value"), avro(optional("y")), false)
                        .schema()
                        .id())
                .as("the id of what is gone for good is not given again")
                .isEqualTo(4);
    }

    @Test
    void aChangeIsSeenWhenItIsDurableAndNotBefore() {
        register(ORDERS, avro(field("id", "string")));
        broker.holdAppends();
        CompletableFuture<RegisteredSchema> second =
                CompletableFuture.supplyAsync(() -> register(ORDERS, avro(field("id", "string"), optional("note"))));
        try {
            while (broker.heldAppends() == 0 && !second.isDone()) {
                Thread.onSpinWait();
            }
            assertThat(registry.version(ORDERS, "latest", false).version()).isEqualTo(1);
            assertThat(second).isNotDone();
        } finally {
            broker.releaseAppends();
        }
        assertThat(second.join().version()).isEqualTo(2);
        assertThat(registry.version(ORDERS, "latest", false)).isEqualTo(second.join());
    }

    @Test
    void deletedVersionsAreHiddenUntilTheyAreGoneForGood() {
        RegisteredSchema only = register(ORDERS, avro(field("id", "string")));
        assertRefused(SchemaRefusal.VERSION_NOT_SOFT_DELETED, () -> registry.deleteVersion(ORDERS, "1", true));
        assertRefused(SchemaRefusal.SUBJECT_NOT_SOFT_DELETED, () -> registry.deleteSubject(ORDERS, true));
        registry.deleteVersion(ORDERS, "latest", false);
        assertRefused(SchemaRefusal.VERSION_SOFT_DELETED, () -> registry.deleteVersion(ORDERS, "1", false));
        assertRefused(SchemaRefusal.SUBJECT_NOT_FOUND, () -> registry.requireVersions(ORDERS, false));
        assertThat(registry.withId(".", only.id()).get(0).text()).isEqualTo(only.text());
        RegisteredSchema again = register(ORDERS, avro(field("id", "string")));
        assertThat(again.version()).isEqualTo(2);
        assertThat(again.id()).isEqualTo(only.id());
        registry.deleteSubject(ORDERS, false);
        assertRefused(SchemaRefusal.SUBJECT_SOFT_DELETED, () -> registry.deleteSubject(ORDERS, false));
        assertThat(registry.deleteSubject(ORDERS, true)).containsExactly(1, 2);
        assertRefused(SchemaRefusal.SCHEMA_NOT_FOUND, () -> registry.withId(".", only.id()));
    }

    @Test
    void whatIsReferredToCannotBeDeleted() {
        SubjectName user = SubjectName.of("user");
        registry.register(
                user,
                SchemaSubmission.of(
                        SchemaType.AVRO,
                        "{\"type\":\"record\",\"name\":\"User\",\"fields\":[{\"name\":\"n\",\"type\":\"int\"}]}"),
                false);
        SchemaSubmission order = new SchemaSubmission(
                SchemaType.AVRO,
                "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"by\",\"type\":\"User\"}]}",
                List.of(new SchemaReference("User", "user", 1)),
                0,
                0);
        register(ORDERS, order);
        assertThat(registry.referencing(user, 1)).hasSize(1);
        assertRefused(SchemaRefusal.REFERENCE_EXISTS, () -> registry.deleteVersion(user, "1", false));
        registry.deleteSubject(ORDERS, false);
        registry.deleteVersion(user, "1", false);
        assertRefused(
                SchemaRefusal.INVALID_SCHEMA,
                () -> register(
                        ORDERS,
                        new SchemaSubmission(
                                SchemaType.AVRO, order.text(), List.of(new SchemaReference("User", "user", 7)), 0, 0)));
    }

    @Test
    void limitsAreAnswered() {
        registry = open(new SchemaLimits(500, 2, 3, 700));
        assertRefused(SchemaRefusal.SCHEMA_TOO_LARGE, () -> register(ORDERS, avro(optional("a".repeat(500)))));
        for (int i = 1; i <= 3; i++) {
            register(ORDERS, avro(optional("a" + i)));
        }
        assertRefused(SchemaRefusal.LIMIT_REACHED, () -> register(ORDERS, avro(optional("a4"))));
        assertThat(register(ORDERS, avro(optional("a1"))).version())
                .as("what is there is found")
                .isEqualTo(1);
        register(SubjectName.of("b"), avro(optional("a1")));
        assertRefused(SchemaRefusal.LIMIT_REACHED, () -> register(SubjectName.of("c"), avro(optional("a1"))));
        assertThatThrownBy(() -> register(SubjectName.of("b"), avro(optional("a".repeat(400)))))
                .hasMessageContaining("schemas.memory");
    }

    @Test
    void modesDecideWhatMayBeDone() {
        registry.setMode(GLOBAL, RegistryMode.READONLY, false);
        assertRefused(SchemaRefusal.OPERATION_NOT_PERMITTED, () -> register(ORDERS, avro(optional("a"))));
        registry.setMode(ORDERS, RegistryMode.READWRITE, false);
        register(ORDERS, avro(optional("a")));
        registry.setMode(GLOBAL, RegistryMode.READONLY_OVERRIDE, false);
        assertRefused(SchemaRefusal.OPERATION_NOT_PERMITTED, () -> registry.deleteSubject(ORDERS, false));
        registry.setMode(GLOBAL, RegistryMode.READWRITE, false);

        SubjectName imported = SubjectName.of("imported-value");
        SchemaSubmission numbered =
                new SchemaSubmission(SchemaType.AVRO, avro(optional("z")).text(), List.of(), 1_000, 7);
        assertRefused(SchemaRefusal.OPERATION_NOT_PERMITTED, () -> register(imported, numbered));
        registry.setMode(imported, RegistryMode.IMPORT, false);
        RegisteredSchema schema = register(imported, numbered);
        assertThat(schema.id()).isEqualTo(1_000);
        assertThat(schema.version()).isEqualTo(7);
        assertRefused(
                SchemaRefusal.OPERATION_NOT_PERMITTED,
                () -> register(
                        imported,
                        new SchemaSubmission(
                                SchemaType.AVRO, avro(optional("y")).text(), List.of(), 1_000, 8)));
        assertThat(register(ORDERS, avro(optional("a"), optional("b"))).id()).isEqualTo(1_001);
    }

    @Test
    void subjectsHaveNamesWithinLimits() {
        for (String bad : List.of("", "a\nb", "x".repeat(256), "__GLOBAL", ":.ctx")) {
            assertRefused(SchemaRefusal.INVALID_SUBJECT, () -> SubjectName.of(bad));
        }
        assertThat(SubjectName.of(":.ctx:a b/c").text()).isEqualTo(":.ctx:a b/c");
        for (String bad : List.of("0", "-2", "x", "99999999999")) {
            register(ORDERS, avro(optional("a")));
            assertRefused(SchemaRefusal.INVALID_VERSION, () -> registry.version(ORDERS, bad, false));
        }
    }

    @Test
    void normalizedSchemasAreTheSameInAnyOrder() {
        SchemaSubmission one = SchemaSubmission.of(SchemaType.JSON, "{\"type\":\"object\",\"title\":\"A\"}");
        SchemaSubmission two = SchemaSubmission.of(SchemaType.JSON, "{\"title\":\"A\",\"type\":\"object\"}");
        RegisteredSchema first = register(ORDERS, one);
        assertThat(registry.register(ORDERS, two, true).schema()).isEqualTo(first);
        assertThat(registry.lookup(ORDERS, two, true, false)).isEqualTo(first);
        assertRefused(SchemaRefusal.SCHEMA_NOT_FOUND, () -> registry.lookup(ORDERS, two, false, false));
    }
}
