package dev.millrace.core;

import dev.millrace.core.GroupOperations.Description;
import dev.millrace.core.GroupOperations.Member;
import dev.millrace.core.GroupOperations.NamedPartition;
import dev.millrace.core.GroupOperations.Progress;
import dev.millrace.core.GroupOperations.Summary;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.group.CommittedOffset;
import dev.millrace.core.group.GroupDescription;
import dev.millrace.core.group.GroupDescription.MemberDescription;
import dev.millrace.core.group.PartitionSet;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.machine.TopicDirectory;
import dev.millrace.core.shard.ShardRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Predicate;

/** What people ask about groups: a picture taken on the shard, with lag measured on a reader thread. */
final class GroupReports {
    private final ShardRuntime<BrokerStateMachine> runtime;
    private final PartitionLookup lookup;
    private final LagMeter lag;
    private final Executor readers;

    GroupReports(ShardRuntime<BrokerStateMachine> runtime, PartitionLookup lookup, LagMeter lag, Executor readers) {
        this.runtime = runtime;
        this.lookup = lookup;
        this.lag = lag;
        this.readers = readers;
    }

    CompletableFuture<List<Summary>> list() {
        return onReader(
                runtime.query(machine -> machine.groups().list().stream()
                        .map(group -> machine.groups().describe(group.group()))
                        .flatMap(Optional::stream)
                        .toList()),
                groups -> groups.stream().map(this::summarize).toList());
    }

    CompletableFuture<Description> describe(String group) {
        return onReader(
                runtime.query(machine -> machine.groups().describe(group)),
                found -> found.map(this::describe)
                        .orElseThrow(() ->
                                new FaultException(Fault.GROUP_NOT_FOUND, "group \"" + group + "\" does not exist")));
    }

    private <T, R> CompletableFuture<R> onReader(
            CompletableFuture<T> question, java.util.function.Function<T, R> report) {
        CompletableFuture<R> answer = new CompletableFuture<>();
        question.thenApplyAsync(report, readers).whenComplete((value, error) -> {
            if (error == null) {
                answer.complete(value);
            } else {
                answer.completeExceptionally(Answers.faultOfRead(error));
            }
        });
        return answer;
    }

    private Summary summarize(GroupDescription group) {
        long messages = 0;
        long ms = 0;
        for (Progress progress : progress(group)) {
            messages += progress.lagMessages();
            ms = Math.max(ms, progress.lagMs());
        }
        return new Summary(group.group(), state(group), group.members().size(), messages, ms);
    }

    private Description describe(GroupDescription group) {
        List<Member> members = new ArrayList<>();
        for (MemberDescription member : group.members()) {
            members.add(new Member(
                    member.memberId(),
                    member.instanceId(),
                    member.clientId(),
                    member.memberEpoch(),
                    named(member.owned())));
        }
        return new Description(group.group(), state(group), group.generation(), members, progress(group));
    }

    private static String state(GroupDescription group) {
        return group.state().name().toLowerCase(Locale.ROOT);
    }

    private List<NamedPartition> named(PartitionSet partitions) {
        List<NamedPartition> named = new ArrayList<>();
        for (int partitionId : partitions.toArray()) {
            TopicDirectory.Place place = lookup.directory().placeOf(partitionId);
            if (place != null) {
                named.add(new NamedPartition(place.topic().name(), place.partition()));
            }
        }
        return named;
    }

    /** Every partition that the group has committed or is meant to read. */
    List<Progress> progress(GroupDescription group) {
        return progress(group, topic -> true);
    }

    /** The same of some topics; the lag of others is not measured. */
    List<Progress> progress(GroupDescription group, Predicate<String> topics) {
        SortedMap<Integer, String> owners = new TreeMap<>();
        group.offsets().keySet().forEach(partitionId -> owners.put(partitionId, null));
        for (MemberDescription member : group.members()) {
            for (int partitionId : member.target().toArray()) {
                owners.putIfAbsent(partitionId, null);
            }
            for (int partitionId : member.owned().toArray()) {
                owners.put(partitionId, member.memberId());
            }
        }
        List<Progress> progress = new ArrayList<>();
        owners.forEach((partitionId, owner) -> {
            TopicDirectory.Place place = lookup.directory().placeOf(partitionId);
            if (place != null && topics.test(place.topic().name())) {
                progress.add(progressOf(place, partitionId, group.offsets().get(partitionId), owner));
            }
        });
        return progress;
    }

    private Progress progressOf(TopicDirectory.Place place, int partitionId, CommittedOffset committed, String owner) {
        long offset = committed == null ? -1 : committed.offset();
        LagMeter.Lag measured = lag.measure(partitionId, offset);
        return new Progress(
                place.topic().name(),
                new TopicPartition(place.topic().topicId(), place.partition()),
                offset,
                measured.endOffset(),
                measured.messages(),
                measured.ms(),
                owner);
    }
}
