package dev.millrace.server.trace;

import dev.millrace.client.Admin;
import dev.millrace.client.DeadLetter;
import dev.millrace.client.GroupInfo;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Position;
import dev.millrace.client.Retry;
import dev.millrace.client.TopicPartition;
import dev.millrace.client.Trace;
import dev.millrace.client.TracedMessage;
import dev.millrace.core.error.Fault;
import dev.millrace.server.trace.TraceReport.Letter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Asks a broker through its client. Fails: {@link MillraceException}. */
public final class ClientTraceSource implements TraceSource {
    private static final int PAGE_COUNT = 1_000;

    private final Admin admin;

    public ClientTraceSource(Admin admin) {
        this.admin = admin;
    }

    @Override
    public Trace trace(String id, int countMax) {
        return admin.trace(id, countMax);
    }

    @Override
    public Map<String, Map<TopicPartition, Long>> committed(Set<TopicPartition> partitions) {
        Map<String, Map<TopicPartition, Long>> committed = new HashMap<>();
        for (Admin.GroupSummary group : admin.listGroups()) {
            try {
                Map<TopicPartition, Long> offsets = new HashMap<>();
                for (GroupInfo.Progress progress :
                        admin.describeGroup(group.group()).partitions()) {
                    if (partitions.contains(progress.partition())) {
                        offsets.put(progress.partition(), progress.committedOffset());
                    }
                }
                if (!offsets.isEmpty()) {
                    committed.put(group.group(), offsets);
                }
            } catch (MillraceException e) {
                if (e.fault() != Fault.GROUP_NOT_FOUND) { // deleted since it was listed
                    throw e;
                }
            }
        }
        return committed;
    }

    @Override
    public List<Letter> deadLetters(List<Position> positions) {
        List<DeadLetter.Id> ids = positions.stream()
                .map(position -> new DeadLetter.Id(position.topic(), position.partition(), position.offset()))
                .toList();
        List<Letter> letters = new ArrayList<>();
        List<DeadLetter> page;
        do {
            page = admin.deadLetters(null).ids(ids).listAll(letters.size(), PAGE_COUNT);
            page.forEach(letter -> letters.add(letter(letter)));
        } while (page.size() == PAGE_COUNT);
        return letters;
    }

    @Override
    public List<Retry> retries(List<TracedMessage> messages) {
        try {
            return admin.retries(messages);
        } catch (MillraceException e) {
            if (e.fault() != Fault.UNKNOWN_FRAME) {
                throw e;
            }
            return List.of(); // a broker that does not know yet
        }
    }

    private static Letter letter(DeadLetter letter) {
        DeadLetter.Id id = letter.id();
        return new Letter(
                letter.group(),
                new Position(id.topic(), id.partition(), id.offset()),
                letter.state(),
                letter.reason(),
                letter.attempts(),
                letter.firstFailureMs(),
                letter.lastFailureMs());
    }
}
