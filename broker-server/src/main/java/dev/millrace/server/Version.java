package dev.millrace.server;

/** Which version of Millrace runs. */
final class Version {
    private Version() {}

    /** As in the jar's manifest; "dev" for classes that were never packed. */
    static String current() {
        String version = BrokerServer.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }
}
