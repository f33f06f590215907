package dev.millrace.server.schema;

import dev.millrace.core.wire.AuditNote;
import java.nio.charset.StandardCharsets;

/** What the audit log says of a change of the registry. */
final class RegistryAudit {
    /** Larger documents are told by their size alone: the registry's own topic holds them. */
    private static final int SHOWN_BYTES_MAX = 256 << 10;

    private RegistryAudit() {}

    /** @param previous what the entry replaces, or null */
    static AuditNote note(RegistryEntry entry, RegistryEntry previous) {
        return new AuditNote(
                action(entry, previous),
                target(entry),
                previous == null ? null : shown(RegistryCodec.value(previous)),
                shown(RegistryCodec.value(entry)));
    }

    private static String action(RegistryEntry entry, RegistryEntry previous) {
        if (entry instanceof RegistryEntry.Version version) {
            if (version.schema().deleted()) {
                return "schema.delete";
            }
            return previous == null ? "schema.register" : "schema.change";
        } else if (entry instanceof RegistryEntry.VersionGone) {
            return "schema.delete";
        } else if (entry instanceof RegistryEntry.Settings) {
            return "schema.config";
        }
        return "schema.mode";
    }

    private static String target(RegistryEntry entry) {
        if (entry instanceof RegistryEntry.Version version) {
            return version.schema().subject().text() + "/" + version.schema().version();
        } else if (entry instanceof RegistryEntry.VersionGone gone) {
            return gone.subject().text() + "/" + gone.version();
        } else if (entry instanceof RegistryEntry.Settings settings) {
            return settings.subject().text();
        } else if (entry instanceof RegistryEntry.Mode mode) {
            return mode.subject().text();
        }
        throw new IllegalArgumentException("no audit event is defined for " + entry);
    }

    private static String shown(byte[] json) {
        if (json == null) {
            return null;
        }
        return json.length > SHOWN_BYTES_MAX
                ? "{\"bytes\":" + json.length + "}"
                : new String(json, StandardCharsets.UTF_8);
    }
}
