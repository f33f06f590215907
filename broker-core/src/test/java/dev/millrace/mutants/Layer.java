package dev.millrace.mutants;

/**
 * A test method that must catch defects; it is run again for each of them.
 *
 * @param test a class below {@code dev.millrace} and a method: {@code core.log.RetentionTest#unlimitedRetention…}
 */
record Layer(String test) {

    private static final String OURS = "dev.millrace.";

    /** As JUnit wants it: with the package, and with the types of parameters. */
    String fullName() {
        return OURS + test;
    }

    @Override
    public String toString() {
        String method = test.substring(test.indexOf('#') + 1).replaceAll("\\(.*", "");
        String testClass = test.substring(0, test.indexOf('#'));
        return testClass.substring(testClass.lastIndexOf('.') + 1) + "." + method;
    }
}
