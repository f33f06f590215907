package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.testing.Seeds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A short run of what {@link DamageIT} does at length, in this process: no damage of a file is silent. */
class DamageTest {
    private static final int INJURIES = 60;

    @TempDir
    Path directory;

    @Test
    void noDamageIsSilent() throws Exception {
        long seed = Seeds.first();
        DamageImage image = DamageImage.make(directory, seed, 2200, true);
        List<String> violations = new ArrayList<>();
        for (Injury injury : new DamagePlan(image, new Random(seed)).injuries(INJURIES)) {
            Path work = image.copyTo(directory.resolve("work"));
            injury.inflictOn(work);
            DamageVerdict verdict = new DamageExam(work, image.oracle(), injury).run();
            if (!verdict.outcome().legal) {
                violations.add(injury + ": " + verdict);
            }
        }
        assertThat(violations).as("seed %d", seed).isEmpty();
    }
}
