package dev.millrace.mutants;

import static dev.millrace.mutants.Mutant.that;
import static dev.millrace.mutants.SourceModule.SERVER;

import java.util.List;
import java.util.stream.Stream;

/** The defects of the server's edge that the tests must catch: REST, the schema registry, what is checked at publish. */
final class ServerMutants {
    private static final String WRONG_MATCH = "Expecting value to be (true|false)|expected: (true|false)";
    private static final String REGISTRY = "server.schema.SchemaRegistryTest#";

    private ServerMutants() {}

    static List<Mutant> all() {
        return Stream.of(
                        http(),
                        rest(),
                        tails(),
                        spans(),
                        collectors(),
                        registry(),
                        compatibility(),
                        publishing(),
                        patterns())
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

    private static List<Mutant> rest() {
        String publish = "protocol/http/PublishRoutes";
        String letters = "protocol/http/DeadLetterRoutes";
        String api = "server.protocol.http.RestApiTest#";
        return List.of(
                that("answers a publish over REST before the record is durable")
                        .in(SERVER, publish)
                        .replacing("return logs.append(partition, batch(drafts))", """
                                long end = logs.bounds(partition).endOffset();
                                logs.append(partition, batch(drafts));
                                return CompletableFuture.completedFuture(new Appended(end, 0, false))""")
                        .isCaughtBy(
                                "server.protocol.http.PublishRoutesTest#answersWhenARecordIsDurableAndNotBefore",
                                "answered before it is durable|where it came to lie"),
                that("says over REST that all of several records were published where some were refused")
                        .in(SERVER, publish)
                        .replacing("HttpAnswer.json(refused == 0 ? 200 : 207, body)", "HttpAnswer.json(200, body)")
                        .isCaughtBy(api + "tellsWhichOfSeveralWereRefused", "expected: 207"),
                that("replays dead letters over REST to all groups that have them")
                        .in(SERVER, letters)
                        .replacing("byte[] value = RecordJson.bytes(body, \"value\");", """
                                byte[] value = RecordJson.bytes(body, "value");
                                Selection all = new Selection(null, null, null, List.of());
                                for (Info other : Waiting.join(letters.list(all, new PageRequest(0, 100, false, false)))
                                        .letters()) {
                                    Selection same = new Selection(
                                            other.group(), selection.topic(), selection.key(), selection.places());
                                    if (!other.group().equals(selection.group())) {
                                        Waiting.join(letters.replay(new Replay(same, value, WHO)));
                                    }
                                }
                                """)
                        .isCaughtBy(api + "movesDeadLettersOfTheGroupThatIsNamedAlone", "expected: \"parked\""),
                that("discards no dead letter over REST and says that it did")
                        .in(SERVER, letters)
                        .replacing(
                                "Waiting.join(letters.discard(selection(call, body), note == null ? \"\" : note));",
                                """
                                new Moved(
                                        (int) Waiting.join(letters.list(
                                                        selection(call, body), new PageRequest(0, 100, false, false)))
                                                .letters().stream()
                                                .filter(letter -> letter.state().equals("parked"))
                                                .count(),
                                        0,
                                        List.of());""")
                        .isCaughtBy(api + "movesDeadLettersOfTheGroupThatIsNamedAlone", "expected: \"discarded\""),
                that("takes a request over REST that names no dead letter for one that names all")
                        .in(SERVER, letters)
                        .replacing("places.isEmpty() && !JsonBody.flag(body, \"all\")", "body == null")
                        .isCaughtBy(api + "listsShowsReplaysAndDiscardsDeadLetters", "expected: 400"));
    }

    private static List<Mutant> spans() {
        return List.of(
                that("makes spans of records whose trace is not sampled")
                        .in(SERVER, "tracing/SampledRecords")
                        .replacing("(parent.flags() & SAMPLED_FLAG) != 0", "parent.flags() >= 0")
                        .isCaughtBy(
                                "server.tracing.SampledRecordsTest#keepsWhatSaysThatItIsSampledAndNothingElse",
                                "not sampled: 00"),
                that("makes spans of records that a page over REST does not hold")
                        .in(SERVER, "protocol/http/RecordRoutes")
                        .replacing("begin(partition, before, page.next,", "begin(partition, before, Long.MAX_VALUE,")
                        .isCaughtBy(
                                "server.testing.BrokerSpansEndToEndTest#aPageOverRestHasSpansOfWhatIsInItAndSampled",
                                "to contain exactly"));
    }

    private static List<Mutant> collectors() {
        String tests = "server.tracing.SpanExporterTest#";
        return List.of(
                that("drops spans that its collector cannot take and counts none of them")
                        .in(SERVER, "tracing/SpanExporter")
                        .replacing("queue.drop(request.spanCount);", "")
                        .isCaughtBy(
                                tests + "afterFiveTriesSpansAreDroppedAndCountedAndTheNextHaveTheirTurn",
                                "\\[dropped\\]\\s+expected: 3"),
                that("tries its collector for ever")
                        .in(SERVER, "tracing/SpanExporter")
                        .replacing("if (request.tries == RetryPauses.TRIES_MAX) {", "if (request.tries < 0) {")
                        .isCaughtBy(
                                tests + "afterFiveTriesSpansAreDroppedAndCountedAndTheNextHaveTheirTurn",
                                "\\[dropped\\]\\s+expected: 3"),
                that("tries a collector again before the time that it asked for")
                        .in(SERVER, "tracing/RetryPauses")
                        .replacing("return askedMs < 0 ?", "return askedMs < Long.MAX_VALUE ?")
                        .isCaughtBy(tests + "waitsAsLongAsTheCollectorAsksWithinABound", "to contain exactly"),
                that("shows the secret headers of its collector with its configuration")
                        .in(SERVER, "config/SecretHeaders")
                        .replacing("name + \"=\" + MASK", "name + \"=\" + given.get(name)")
                        .isCaughtBy("server.config.SecretHeadersTest#noTextOfAConfigurationShowsValues", "s3cr3t"));
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
                        .adding(
                                "private void changeTogether(List<RegistryEntry> entries) {",
                                "entries.forEach(state::apply);")
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

    private static List<Mutant> patterns() {
        String run = "schema/format/PatternRun";
        String tests = "server.schema.format.SchemaPatternTest#";
        String eachRow = "(java.lang.String, java.lang.String, boolean)";
        return List.of(
                that("lets a group of a pattern keep what it matched in an earlier turn")
                        .in(SERVER, run)
                        .replacing("set(PatternRegisters.exit(group), -1);", "pay(0);")
                        .isCaughtBy(tests + "groupsHaveMatchedWhatTheLastRepetitionMatched" + eachRow, WRONG_MATCH),
                that("goes back to choices inside of what a pattern looked at")
                        .in(SERVER, "schema/format/PatternLook")
                        .replacing("run.forgetChoices(keptBefore);", "")
                        .isCaughtBy(tests + "looksLeaveNoWayBackIntoThem" + eachRow, WRONG_MATCH),
                that("lets a group of a pattern begin where a way that did not match has begun it")
                        .in(SERVER, run)
                        .replacing(
                                "set(PatternRegisters.entry(group), at);",
                                "replace(PatternRegisters.entry(group), at);")
                        .isCaughtBy(tests + "agreesWithTheJdkOnRandomPatterns", "pattern .* text"),
                that("ends a repetition in a pattern at a turn that took nothing though it is due")
                        .in(SERVER, "schema/format/PatternLoop")
                        .replacing("run.set(turnStart, due ? -1 : run.at);", "run.set(turnStart, run.at);")
                        .isCaughtBy(tests + "turnsThatTakeNothingCountWhereTheyAreDue" + eachRow, WRONG_MATCH));
    }
}
