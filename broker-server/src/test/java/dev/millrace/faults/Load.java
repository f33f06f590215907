package dev.millrace.faults;

/**
 * How much a {@link Workload} does.
 *
 * @param ratePerSecond records of each producer; 0 for as fast as it goes
 * @param valueBytesMax values are of random size up to this
 * @param memberLifeMs how long a group member stays, on average, before it leaves and another joins; 0 for ever
 */
record Load(int partitions, int producers, int members, int ratePerSecond, int valueBytesMax, int memberLifeMs) {
    /** Two producers and three members, one of which is always about to leave; some thousand records a second. */
    static Load moderate() {
        return new Load(8, 2, 3, 1500, 600, 3000);
    }

    Load withRate(int perSecond) {
        return new Load(partitions, producers, members, perSecond, valueBytesMax, memberLifeMs);
    }

    Load withMembers(int count) {
        return new Load(partitions, producers, count, ratePerSecond, valueBytesMax, memberLifeMs);
    }

    Load withValueBytesMax(int bytes) {
        return new Load(partitions, producers, members, ratePerSecond, bytes, memberLifeMs);
    }
}
