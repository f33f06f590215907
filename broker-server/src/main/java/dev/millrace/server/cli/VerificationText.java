package dev.millrace.server.cli;

import dev.millrace.server.cli.StorageTools.Damage;
import dev.millrace.server.cli.StorageTools.Verification;

/** Shows what a check found. */
final class VerificationText {
    private VerificationText() {}

    /** Returns the exit code. */
    static int print(Session session, boolean asJson, Verification found) {
        session.out()
                .print(asJson ? json(found) : table(found, session.terminal().columns()));
        return found.damageCount() == 0 ? CommandRunner.OK : CommandRunner.FAILED;
    }

    private static String table(Verification found, int columns) {
        StringBuilder text = new StringBuilder();
        if (found.damageCount() > 0) {
            TableWriter table =
                    new TableWriter().text("DAMAGED").text("OFFSETS").text("PROBLEM");
            found.damages().forEach(damage -> table.row(place(damage), offsets(damage), damage.problem()));
            text.append(table.render(columns));
        }
        long unlisted = found.damageCount() - found.damages().size();
        if (unlisted > 0) text.append("and ").append(unlisted).append(" more\n");
        found.notes().forEach(note -> text.append("note: ").append(note).append('\n'));
        return text.append(found.damageCount() == 0 ? "ok: " : "damaged: ")
                .append(found.directory())
                .append(": ")
                .append(Amounts.count(found.files()))
                .append(" files, ")
                .append(Amounts.bytes(found.bytes()))
                .append(", ")
                .append(Amounts.count(found.partitions()))
                .append(" partitions, ")
                .append(Amounts.count(found.records()))
                .append(" good records, ")
                .append(Amounts.count(found.damageCount()))
                .append(" damages\n")
                .toString();
    }

    private static String place(Damage damage) {
        return damage.topic() == null ? damage.file() : damage.topic() + "-" + damage.partition();
    }

    private static String offsets(Damage damage) {
        return damage.topic() == null ? null : damage.fromOffset() + ".." + damage.toOffset();
    }

    private static String json(Verification found) {
        JsonWriter json = new JsonWriter()
                .begin('{')
                .field("directory", found.directory())
                .name("clean")
                .literal(found.damageCount() == 0)
                .field("files", found.files())
                .field("bytes", found.bytes())
                .field("partitions", found.partitions())
                .field("records", found.records())
                .field("damageCount", found.damageCount())
                .name("damages")
                .begin('[');
        found.damages().forEach(damage -> damage(json, damage));
        json.end(']').name("notes").begin('[');
        found.notes().forEach(json::value);
        return json.end(']').end('}').newLine().toString();
    }

    private static void damage(JsonWriter json, Damage damage) {
        json.begin('{').field("file", damage.file()).field("topic", damage.topic());
        if (damage.topic() != null) {
            json.field("partition", damage.partition())
                    .field("fromOffset", damage.fromOffset())
                    .field("toOffset", damage.toOffset());
        }
        json.field("problem", damage.problem()).end('}');
    }
}
