package dev.millrace.server.config;

import java.util.List;
import java.util.Optional;

/** The rules that concern more than one setting. */
final class Rules {
    private final Draft draft;

    private Rules(Draft draft) {
        this.draft = draft;
    }

    static void check(Draft draft) {
        Rules rules = new Rules(draft);
        rules.messageFitsFrame();
        rules.atMost(Keys.PARTITIONS, Keys.PARTITIONS_MAX);
        rules.atMost(Keys.SESSION_TIMEOUT, Keys.SESSION_TIMEOUT_MAX);
        rules.atMost(Keys.HELLO_BYTES, Keys.FRAME_SIZE);
        rules.atMost(Keys.FRAME_SIZE, Keys.IN_FLIGHT_PER_CONNECTION);
        rules.atMost(Keys.IN_FLIGHT_PER_CONNECTION, Keys.IN_FLIGHT_TOTAL);
        rules.atMost(Keys.FRAME_SIZE, Keys.INBOX_BYTES);
        rules.atMost(Keys.TRANSACTION_BYTES_MAX, Keys.TRANSACTION_MEMORY);
        rules.atMost(Keys.TRANSACTION_BYTES_MAX, Keys.INBOX_BYTES);
        rules.listenersDiffer();
        for (Key<BindAddress> bind : List.of(Keys.NATIVE_BIND, Keys.HTTP_BIND)) rules.publicBind(bind);
        rules.secretsGoEncrypted();
        if (draft.usable(Keys.ACCEPT_LOSS) && draft.value(Keys.ACCEPT_LOSS)) {
            draft.warning("storage.acceptLoss is true: the broker starts even if acknowledged records are lost; remove"
                    + " it after this start");
        }
    }

    private void messageFitsFrame() {
        if (!usable(Keys.MESSAGE_SIZE, Keys.FRAME_SIZE)) return;
        if (draft.value(Keys.MESSAGE_SIZE).compareTo(draft.value(Keys.FRAME_SIZE)) >= 0) {
            conflict(Keys.MESSAGE_SIZE, "must be below", Keys.FRAME_SIZE);
        }
    }

    private <T extends Comparable<T>> void atMost(Key<T> small, Key<T> large) {
        if (!usable(small, large)) return;
        if (draft.value(small).compareTo(draft.value(large)) > 0) conflict(small, "must be at most", large);
    }

    private void listenersDiffer() {
        if (!usable(Keys.NATIVE_BIND, Keys.HTTP_BIND)) return;
        BindAddress one = draft.value(Keys.NATIVE_BIND);
        BindAddress other = draft.value(Keys.HTTP_BIND);
        boolean sameHost = one.host().equalsIgnoreCase(other.host()) || one.isWildcard() || other.isWildcard();
        if (one.port() != 0 && one.port() == other.port() && sameHost) {
            conflict(Keys.HTTP_BIND, "must differ in its port from", Keys.NATIVE_BIND);
        }
    }

    private void publicBind(Key<BindAddress> bind) {
        if (!usable(bind, Keys.INSECURE_PUBLIC_BIND)) return;
        BindAddress address = draft.value(bind);
        if (address.isLoopback()) return;
        if (draft.value(Keys.INSECURE_PUBLIC_BIND)) {
            draft.warning(bind.path() + " " + address + " is open to other machines without TLS and authentication"
                    + " (security.insecurePublicBind)");
            return;
        }
        draft.problem(new ConfigProblem(
                draft.origin(bind),
                bind.path(),
                address.toString(),
                Draft.shown(address.toString())
                        + " can be reached from other machines, and this version has neither TLS"
                        + " nor authentication",
                Optional.of("bind to loopback, such as 127.0.0.1:" + address.port()
                        + ", or accept the risk with security.insecurePublicBind: true")));
    }

    private void secretsGoEncrypted() {
        if (!usable(Keys.OTLP_HEADERS, Keys.OTLP_ENDPOINT)
                || draft.value(Keys.OTLP_HEADERS).isEmpty()) return;
        draft.value(Keys.OTLP_ENDPOINT)
                .filter(url -> url.getScheme().equals("http") && !isLoopback(url.getHost()))
                .ifPresent(url -> draft.warning("tracing.otlp.headers go to " + url.getHost()
                        + " unencrypted, where others may read them; use an https URL as tracing.otlp.endpoint"));
    }

    private static boolean isLoopback(String host) {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
    }

    /** The place is that of the value which somebody wrote; a default is not what has to change. */
    private void conflict(Key<?> subject, String relation, Key<?> other) {
        boolean subjectIsDefault = draft.origin(subject) instanceof Origin.Default;
        Origin where = draft.origin(subjectIsDefault ? other : subject);
        String value = written(subject);
        String message = value + " " + relation + " " + other.path() + ", which is " + written(other) + " ("
                + draft.origin(other) + ")";
        draft.problem(new ConfigProblem(
                where,
                subject.path(),
                value,
                message,
                Optional.of("change " + subject.path() + " or " + other.path())));
    }

    private boolean usable(Key<?> one, Key<?> other) {
        return draft.usable(one) && draft.usable(other);
    }

    private <T> String written(Key<T> key) {
        return key.type().format(draft.value(key));
    }
}
