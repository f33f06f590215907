package dev.millrace.simulation;

import dev.millrace.core.group.GroupDescription;
import dev.millrace.core.group.GroupSummary;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.topic.Topic;

/** All that a broker knows, in words, so that it can be compared across a restart. */
final class Picture {
    private Picture() {}

    static String of(Shard shard) {
        BrokerStateMachine machine = shard.machine;
        StringBuilder text = new StringBuilder();
        for (Topic topic : machine.directory().all()) {
            text.append("topic ").append(topic.name()).append(' ').append(topic.topicId());
            text.append(' ').append(topic.settings().texts()).append('\n');
            for (int partitionId : topic.partitionIds()) {
                PartitionLog log = machine.logs().find(partitionId);
                text.append("  log ").append(partitionId).append(" from ").append(log.logStartOffset());
                text.append(" to ").append(log.durableEndOffset()).append(", ").append(log.bytes());
                text.append(" bytes\n");
            }
        }
        for (GroupSummary group : machine.groups().list()) {
            text.append(group).append('\n');
            GroupDescription description =
                    machine.groups().describe(group.group()).orElseThrow();
            description
                    .members()
                    .forEach(member -> text.append("  ").append(member).append('\n'));
            description
                    .offsets()
                    .forEach((id, offset) -> text.append("  ")
                            .append(id)
                            .append(' ')
                            .append(offset)
                            .append('\n'));
        }
        return text.toString();
    }
}
