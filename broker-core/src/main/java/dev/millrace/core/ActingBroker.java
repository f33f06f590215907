package dev.millrace.core;

/** A broker as one client sees it: what it changes is recorded as its deed. Thread: any. */
record ActingBroker(Broker broker, Changes changes) implements ForwardingBroker {
    /** What makes administrative changes, in the client's name. */
    record Changes(
            TopicOperations topics,
            LogOperations logs,
            GroupOperations groups,
            StreamOperations streams,
            DeadLetterOperations deadLetters) {}

    @Override
    public TopicOperations topics() {
        return changes.topics;
    }

    @Override
    public GroupOperations groups() {
        return changes.groups;
    }

    @Override
    public StreamOperations streams() {
        return changes.streams;
    }

    @Override
    public DeadLetterOperations deadLetters() {
        return changes.deadLetters;
    }

    @Override
    public LogOperations logs() {
        return changes.logs;
    }

    /** Whoever opened the broker closes it. */
    @Override
    public void close() {}
}
