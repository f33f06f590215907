package dev.millrace.mutants;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One defect that the tests must catch: what it does, where it goes in, and who finds it by what.
 *
 * @param defect what the broken broker does, in words
 * @param source a source file below the module's package, without its ending
 * @param original occurs exactly once in that file
 * @param catches each of them must find it
 */
record Mutant(
        String defect, SourceModule module, String source, String original, String replacement, List<Catch> catches) {

    /** Begins a row of the table. */
    static Where that(String defect) {
        return (module, source) -> (original, replacement) -> (test, violation) -> new Mutant(
                defect, module, source, original, replacement, List.of(new Catch(new Layer(test), violation)));
    }

    /** Broken in which file. */
    @FunctionalInterface
    interface Where {
        What in(SourceModule module, String source);

        /** In broker-core. */
        default What in(String source) {
            return in(SourceModule.CORE, source);
        }
    }

    /** Broken by which change. */
    @FunctionalInterface
    interface What {
        Who replacing(String original, String replacement);

        /** Adds behind what is there. */
        default Who adding(String original, String more) {
            return replacing(original, original + " " + more);
        }
    }

    /** Caught by whom. */
    @FunctionalInterface
    interface Who {
        Mutant isCaughtBy(String test, String violation);
    }

    /**
     * Who finds it by what.
     *
     * @param layer the test that must fail
     * @param violation a regular expression for what its failure must say, so that one for another reason does not count
     */
    record Catch(Layer layer, String violation) {}

    /** Caught by another test, too. */
    Mutant andBy(String test, String violation) {
        List<Catch> more = new ArrayList<>(catches);
        more.add(new Catch(new Layer(test), violation));
        return new Mutant(defect, module, source, original, replacement, more);
    }

    Catch catchBy(Layer layer) {
        return catches.stream()
                .filter(by -> by.layer().equals(layer))
                .findFirst()
                .orElseThrow();
    }

    String sourceFile() {
        return module.file(source);
    }

    /** The file as it is. */
    String sourceText() throws IOException {
        return module.read(sourceFile());
    }

    /** The defect put in. Fails: {@link AssertionError} where the code has changed, so that the row needs a new place. */
    String applyTo(String text) {
        int at = text.indexOf(original);
        if (at < 0 || text.indexOf(original, at + 1) >= 0) {
            throw new AssertionError(
                    "mutant no longer applies: '" + defect + "' wants to replace what must occur once in "
                            + sourceFile() + " and occurs " + (at < 0 ? "never" : "more than once") + ": " + original);
        }
        return text.substring(0, at) + replacement + text.substring(at + original.length());
    }
}
