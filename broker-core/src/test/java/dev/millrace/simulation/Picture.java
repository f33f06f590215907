package dev.millrace.simulation;

import dev.millrace.core.deadletter.DeadLetter;
import dev.millrace.core.group.GroupDescription;
import dev.millrace.core.group.GroupSummary;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.timer.Place;
import dev.millrace.core.topic.Topic;
import dev.millrace.history.Property;
import java.util.ArrayList;
import java.util.List;

/** All that a broker knows, in words, so that it can be compared across a restart. */
final class Picture {
    private static final String TOPIC = "topic ";
    private static final String LOG = "log ";
    private static final String TRANSACTIONS = "transactions ";
    private static final String TIMERS = "timers ";
    private static final String LETTER = "dead letter ";

    private Picture() {}

    static List<String> of(Shard shard) {
        BrokerStateMachine machine = shard.machine;
        List<String> lines = new ArrayList<>();
        for (Topic topic : machine.directory().all()) {
            lines.add(TOPIC + topic.name() + " " + topic.topicId() + " "
                    + topic.settings().texts());
            for (int partitionId : topic.partitionIds()) {
                PartitionLog log = machine.logs().find(partitionId);
                lines.add(LOG + partitionId + " of " + topic.name() + " from " + log.logStartOffset() + " to "
                        + log.durableEndOffset() + ", " + log.bytes() + " bytes");
            }
        }
        for (GroupSummary group : machine.groups().list()) {
            lines.add(group.toString());
            GroupDescription description =
                    machine.groups().describe(group.group()).orElseThrow();
            description.members().forEach(member -> lines.add(group.group() + " " + member));
            description.offsets().forEach((id, offset) -> lines.add(group.group() + " " + id + " " + offset));
        }
        machine.transactions().describe().forEach(lines::add);
        lines.add(TIMERS + machine.timers().list(null, new Place(0, 0), 1_000).timers());
        for (String group : machine.deadLetters().groups()) {
            for (DeadLetter letter : machine.deadLetters().list(group)) {
                lines.add(LETTER + group + " " + letter.source() + " " + letter.state() + " " + letter.copy() + " "
                        + letter.replay());
            }
        }
        return lines;
    }

    /** The promise that is broken where a restart changes this line. */
    static Property promiseOf(String line) {
        if (line.startsWith(TOPIC)) {
            return Property.DURABLE_TOPICS;
        }
        if (line.startsWith(TIMERS)) {
            return Property.TIMERS;
        }
        if (line.startsWith(TRANSACTIONS)) {
            return Property.TRANSACTIONS;
        }
        if (line.startsWith(LETTER)) {
            return Property.DEAD_LETTER_ONCE;
        }
        return line.startsWith(LOG) ? Property.END_NEVER_FALLS : Property.DURABLE_COMMIT;
    }
}
