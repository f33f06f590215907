package dev.millrace.server.config;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Reads the environment variables {@code MILLRACE_A__B} into a draft. */
final class EnvironmentSource {
    /** Variables with a meaning outside the configuration. */
    private static final Set<String> RESERVED = Set.of(
            "MILLRACE_SERVER",
            "MILLRACE_REGISTRY",
            "MILLRACE_HOME",
            "MILLRACE_CONFIG",
            "MILLRACE_JAVA_OPTS",
            "MILLRACE_CLI_JAVA_OPTS",
            "MILLRACE_CACHE_DIR",
            "MILLRACE_OPTS",
            "MILLRACE_FAILPOINT");

    /** Kubernetes sets these in every pod beside a Service named millrace; nobody wrote them, so they are no mistake. */
    private static final Pattern SERVICE_LINK =
            Pattern.compile("MILLRACE_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?)");

    private EnvironmentSource() {}

    static void read(Map<String, String> environment, Draft draft) {
        Map<String, String> variableOfKey = new HashMap<>();
        for (Map.Entry<String, String> variable : new TreeMap<>(environment).entrySet()) {
            String name = variable.getKey();
            if (!name.startsWith(Key.ENVIRONMENT_PREFIX) || isOthers(name, variable.getValue())) continue;
            Optional<Key<?>> key = KeyIndex.byEnvironment(name);
            Origin origin = new Origin.Environment(name);
            if (key.isEmpty()) {
                unknown(name, draft, origin);
                continue;
            }
            String other = variableOfKey.put(key.get().path(), name);
            if (other != null) {
                draft.problem(new ConfigProblem(
                        origin,
                        key.get().path(),
                        "",
                        "is given twice, also as " + other,
                        Optional.of("unset one of the two")));
            }
            draft.offer(key.get(), variable.getValue(), origin);
        }
    }

    private static boolean isOthers(String name, String value) {
        return RESERVED.contains(name)
                || SERVICE_LINK.matcher(name).matches()
                || name.equals("MILLRACE_PORT") && value.matches("(tcp|udp|sctp)://.*");
    }

    private static void unknown(String name, Draft draft, Origin origin) {
        String remedy = KeyIndex.nearestEnvironment(name)
                .map(near -> "did you mean " + near + "?")
                .orElse("the key storage.blockCache, say, is MILLRACE_STORAGE__BLOCKCACHE; millrace config show lists"
                        + " all keys");
        draft.problem(new ConfigProblem(origin, "", "", "no key has this variable", Optional.of(remedy)));
    }
}
