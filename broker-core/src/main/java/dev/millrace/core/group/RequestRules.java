package dev.millrace.core.group;

import dev.millrace.core.command.JoinGroup;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Says what is wrong with a request in itself, for a person; null where nothing is. */
final class RequestRules {
    private final GroupLimits limits;

    RequestRules(GroupLimits limits) {
        this.limits = limits;
    }

    String problemWith(JoinGroup join) {
        String problem = firstOf(
                problemWithName("group name", join.group()),
                problemWithName("member id", join.memberId()),
                join.instanceId() == null ? null : problemWithName("instance id", join.instanceId()),
                join.clientId() == null || join.clientId().isEmpty()
                        ? null
                        : problemWithName("client id", join.clientId()));
        return firstOf(problem, problemWithPatterns(join.patterns()), problemWithSession(join.sessionTimeoutMs()));
    }

    private static String firstOf(String... problems) {
        for (String problem : problems) {
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    String problemWithGroup(String group) {
        return problemWithName("group name", group);
    }

    private static String problemWithName(String what, String name) {
        if (name == null || name.isEmpty()) {
            return "the " + what + " is empty";
        }
        if (name.length() > GroupLimits.NAME_CHARS_MAX) {
            return "the " + what + " has " + name.length() + " characters; at most " + GroupLimits.NAME_CHARS_MAX
                    + " are allowed";
        }
        // Lone surrogates all encode to the same byte, so two names could share one row.
        if (name.chars().anyMatch(Character::isISOControl)
                || !StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
            return "the " + what + " holds a control character or half a surrogate pair";
        }
        return null;
    }

    private String problemWithPatterns(List<String> patterns) {
        if (patterns.isEmpty() || patterns.size() > limits.patternCountMax()) {
            return "a member subscribes to 1 to " + limits.patternCountMax() + " topics or patterns, not to "
                    + patterns.size();
        }
        return patterns.stream()
                .map(TopicPattern::problemWith)
                .filter(problem -> problem != null)
                .findFirst()
                .orElse(null);
    }

    private String problemWithSession(int sessionTimeoutMs) {
        if (sessionTimeoutMs < limits.sessionTimeoutMsMin() || sessionTimeoutMs > limits.sessionTimeoutMsMax()) {
            return "the session time-out is " + sessionTimeoutMs + " ms; allowed are " + limits.sessionTimeoutMsMin()
                    + " to " + limits.sessionTimeoutMsMax() + " ms";
        }
        return null;
    }

    String problemWithCommit(long offset, String metadata) {
        if (offset < 0) {
            return "offset " + offset + " is negative";
        }
        if (metadata != null && metadata.length() > limits.metadataCharsMax()) {
            return "the metadata has " + metadata.length() + " characters; at most " + limits.metadataCharsMax()
                    + " are allowed";
        }
        return null;
    }
}
