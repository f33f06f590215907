package dev.millrace.mutants;

import static dev.millrace.mutants.Mutant.that;
import static dev.millrace.mutants.SourceModule.SERVER;

import java.util.List;
import java.util.stream.Stream;

/** The defects of the server's edge that the tests must catch: REST, the schema registry, what is checked at publish. */
final class ServerMutants {
    private static final String REGISTRY = "server.schema.SchemaRegistryTest#";

    private ServerMutants() {}

    static List<Mutant> all() {
        return Stream.of(http(), tails(), registry(), compatibility(), publishing())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Mutant> http() {
        return List.of(
                that("bounds no body that comes in chunks")
                        .in(SERVER, "protocol/http/HttpProtocol")
                        .replacing("super(bytesMax, true);\n            this.connection = connection;\n        }", """
                                super(Integer.MAX_VALUE, true);
                                this.connection = connection;
                                this.limit = bytesMax;
                                }
                                private final int limit;
                                @Override
                                protected boolean isContentLengthInvalid(HttpMessage start, int any) {
                                    return super.isContentLengthInvalid(start, limit);
                                }
                                """)
                        .isCaughtBy(
                                "server.protocol.http.HttpProtocolTest#refusesABodyOverTheLimitThatComesInChunks",
                                "HTTP/1.1 413"),
                that("saves requests up for a client that sent none for long")
                        .in(SERVER, "protocol/http/RequestRate")
                        .replacing("Math.min(perSecond, bucket.left + refill)", "bucket.left + refill")
                        .isCaughtBy(
                                "server.protocol.http.RequestRateTest#admitsASecondsWorthAtOnceAndThenSoManyPerSecond",
                                "saves no more than a second"),
                that("lets a page of another site change topics")
                        .in(SERVER, "protocol/http/HttpConnection")
                        .replacing(
                                "return changes\n                && origin != null",
                                "return !changes\n                && origin != null")
                        .isCaughtBy(
                                "server.protocol.http.RestApiTest#pagesOfOtherSitesChangeNothing",
                                "expected: 403|201"));
    }

    private static List<Mutant> tails() {
        String tail = "protocol/http/EventTail";
        String sends = "server.protocol.http.EventTailTest#sendsWhatIsThereAndWhatComes";
        return List.of(
                that("skips the record that a live tail begins with")
                        .in(SERVER, tail)
                        .replacing("if (record.offset() >= from) {", "if (record.offset() > from) {")
                        .isCaughtBy(sends, "expected:\\s+\"retry"),
                that("sends the last record of a live tail again when it is resumed")
                        .in(SERVER, tail)
                        .replacing(
                                "positions[place.index] = record.offset() + 1;",
                                "positions[place.index] = record.offset();")
                        .isCaughtBy(sends, "expected:\\s+\"retry"),
                that("reads on for a live tail whose client takes nothing")
                        .in(SERVER, tail)
                        .replacing(
                                "if (ended || reading || !out.isWritable() || ready.isEmpty()) {",
                                "if (ended || reading || ready.isEmpty()) {")
                        .isCaughtBy(
                                "server.protocol.http.EventTailTest#readsNothingWhileTheClientTakesNothing",
                                "to have value"));
    }

    private static List<Mutant> registry() {
        String audit = "server.cli.AuditCommandTest#changesOfTheSchemaRegistryAreRecordedWithThem";
        return List.of(
                that("gives the id of a schema that is gone to another")
                        .in(SERVER, "schema/RegistryState")
                        .replacing(
                                "return lastIds.getOrDefault(context, 0);",
                                "return ids.getOrDefault(context, new TreeMap<>()).isEmpty() ? 0"
                                        + " : ids.get(context).lastKey();")
                        .isCaughtBy(REGISTRY + "isRebuiltFromItsLog", "is not given again"),
                that("shows a change of the schema registry before it is durable")
                        .in(SERVER, "schema/SchemaRegistry")
                        .adding("private void change(List<RegistryEntry> entries) {", "entries.forEach(state::apply);")
                        .isCaughtBy(REGISTRY + "aChangeIsSeenWhenItIsDurableAndNotBefore", "expected: 1"),
                that("changes schemas without a word in the audit log")
                        .in(SERVER, "schema/RegistryLog")
                        .replacing(
                                ".append(partition, batch.build(), BY_HTTP, notes)",
                                ".append(partition, batch.build())")
                        .isCaughtBy(audit, "to contain exactly"),
                that("records for the audit log what a schema is as what it was")
                        .in(SERVER, "schema/SchemaRegistry")
                        .replacing(
                                "RegistryAudit.note(entry, state.previous(entry))", "RegistryAudit.note(entry, entry)")
                        .isCaughtBy(audit, "expected: \"FULL\"|to be true but was false"));
    }

    private static List<Mutant> compatibility() {
        String check = "schema/CompatibilityCheck";
        String transitive = REGISTRY + "transitiveLevelsLookAtAllVersionsAndNameTheOne";
        String levels = REGISTRY
                + "levelDecidesWhichSideMustKeepReading(dev.millrace.server.schema.Compatibility,boolean,boolean)";
        return List.of(
                that("compares a schema with the latest version alone where the level is transitive")
                        .in(SERVER, check)
                        .replacing("level.transitive() ? 0 : versions.size() - 1", "versions.size() - 1")
                        .isCaughtBy(transitive, "version 1 counts"),
                that("compares a schema with all versions where the level is not transitive")
                        .in(SERVER, check)
                        .replacing("level.transitive() ? 0 : versions.size() - 1", "0")
                        .isCaughtBy(transitive, "Expecting empty"),
                that("takes the reader of two schemas for the writer")
                        .in(SERVER, check)
                        .replacing("schema.mismatches(older, strictness)", "older.mismatches(schema, strictness)")
                        .isCaughtBy(levels, "expected: (true|false)"));
    }

    private static List<Mutant> publishing() {
        String publish = "schema/PublishCheck";
        String ids = "server.testing.SchemaEndToEndTest#idValidationAsksForAKnownIdOfTheTopic";
        return List.of(
                that("lets a record name the schema of another subject")
                        .in(SERVER, publish)
                        .replacing("found.stream().anyMatch(own::contains)", "!found.isEmpty()")
                        .isCaughtBy(ids, "Expecting code to raise a throwable"),
                that("goes on with what it decided about a schema before that was deleted")
                        .in(SERVER, publish)
                        .replacing(
                                "registry.onChange(() -> verdicts = new ConcurrentHashMap<>());",
                                "assert verdicts != null;")
                        .isCaughtBy(ids, "Expecting code to raise a throwable"),
                that("looks at no value where a topic wants all of them checked")
                        .in(SERVER, publish)
                        .replacing("full ? budget : null, record, value)", "null, record, value)")
                        .isCaughtBy(
                                "server.testing.SchemaEndToEndTest#jsonIsCheckedInFullAndUpcastWhenRead",
                                "Expecting code to raise a throwable"));
    }
}
