package dev.millrace.server;

/** Where the {@code millrace} command begins. */
public final class Millrace {
    private Millrace() {}

    public static void main(String[] args) {
        System.out.println("millrace " + Millrace.class.getPackage().getImplementationVersion());
    }
}
