package dev.millrace.mutants;

/** A test method that must catch defects; it is run again for each of them. */
record Layer(String testClass, String method) {

    /** @param test a class below {@code dev.millrace}, and a method: {@code core.log.RetentionTest#unlimited…} */
    static Layer of(String test) {
        int hash = test.indexOf('#');
        return new Layer("dev.millrace." + test.substring(0, hash), test.substring(hash + 1));
    }

    @Override
    public String toString() {
        return testClass.substring(testClass.lastIndexOf('.') + 1) + "." + method;
    }
}
