package dev.millrace.server.schema;

import dev.millrace.server.schema.format.ParsedSchema.Strictness;

/** What a subject, a context or the whole registry is set to; null where it says nothing. */
public record SubjectSettings(Compatibility compatibility, Strictness policy, Boolean normalize) {
    public static final SubjectSettings NONE = new SubjectSettings(null, null, null);

    /** These settings with others on top. */
    public SubjectSettings with(SubjectSettings over) {
        return new SubjectSettings(
                over.compatibility == null ? compatibility : over.compatibility,
                over.policy == null ? policy : over.policy,
                over.normalize == null ? normalize : over.normalize);
    }
}
