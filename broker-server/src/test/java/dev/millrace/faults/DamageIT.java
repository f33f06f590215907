package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.faults.DamageVerdict.Outcome;
import dev.millrace.faults.DamageVerdict.Verified;
import dev.millrace.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whatever happens to a file of the data directory, nothing acknowledged goes missing without a word: each file of each
 * kind is cut, flipped, zeroed, swapped, replaced by an old copy, deleted and duplicated, and the real broker must refuse
 * it by name, answer errors for the damaged part only, or have everything. More: {@code -Ddamage.injuries=20000}.
 */
@Timeout(value = 4, unit = TimeUnit.HOURS) // enough for -Ddamage.injuries=20000; 500 take 4 minutes
class DamageIT {
    private static final int INJURIES = Integer.getInteger("damage.injuries", 500);
    private static final int DAEMON_EVERY = 25;
    private static final int BATCHES = 4000;

    private final DamageTable table = new DamageTable();
    private final List<String> violations = new ArrayList<>();
    private final EnumSet<DamagedFile.Kind> kinds = EnumSet.noneOf(DamagedFile.Kind.class);
    private Path directory;

    @BeforeEach
    void makeDirectory() throws IOException {
        Path memory = Path.of("/dev/shm");
        directory = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "millrace-damage")
                : Files.createTempDirectory("millrace-damage");
    }

    @AfterEach
    void deleteDirectory() throws IOException {
        DamageImage.delete(directory);
    }

    @Test
    void noDamageIsSilent() throws Exception {
        long seed = Seeds.next();
        Random random = new Random(seed);
        // Of different sizes, so that the end of the log lies differently between the files: in one log, or in several.
        DamageImage killed = image("killed", seed, BATCHES + random.nextInt(600), true);
        hurt(killed, new DamagePlan(killed, random).injuries(INJURIES * 4 / 10), false);
        DamageImage other = image("killed-2", seed + 1, BATCHES + random.nextInt(1200), true);
        hurt(other, new DamagePlan(other, random).injuries(INJURIES * 3 / 10), false);
        DamageImage closed = image("closed", seed + 2, BATCHES + random.nextInt(600), false);
        hurt(closed, new DamagePlan(closed, random).injuries(INJURIES * 2 / 10), false);
        killed.loseUnsyncedMark();
        hurt(killed, new DamagePlan(killed, random).tornTails(INJURIES / 10), true);
        report(seed);
        assertThat(violations).as("seed %d", seed).isEmpty();
        assertThat(kinds)
                .as("all kinds of file were hurt, and none is unknown")
                .containsExactlyInAnyOrderElementsOf(EnumSet.complementOf(EnumSet.of(DamagedFile.Kind.OTHER)));
        assertThat(table.of(Outcome.REFUSED)).isPositive();
        assertThat(table.of(Outcome.PART_ONLY)).isPositive();
    }

    private DamageImage image(String name, long seed, int batches, boolean killed) throws Exception {
        DamageImage image = DamageImage.make(Files.createDirectory(directory.resolve(name)), seed, batches, killed);
        assertThat(image.oracle().errors()).isEmpty();
        DamageVerdict whole =
                new DamageExam(image.copyTo(directory.resolve("work")), image.oracle(), null).verifyAndRun();
        assertThat(whole.outcome()).as(whole.detail()).isEqualTo(Outcome.HARMLESS);
        assertThat(whole.verified())
                .as("an offline check of the whole directory")
                .isEqualTo(Verified.NOTHING);
        return image;
    }

    /** @param powerFailed the mark of the last moments is lost, so that a lost end of the log may go unnoticed */
    private void hurt(DamageImage image, List<Injury> injuries, boolean powerFailed) throws Exception {
        Path work = directory.resolve("work");
        try (DamageExaminer examiner = new DamageExaminer(image)) {
            for (Injury injury : injuries) {
                kinds.add(injury.file().kind());
                injury.inflictOn(image.copyTo(work));
                DamageVerdict verdict = examiner.examine(work, injury);
                if (powerFailed && verdict.outcome() == Outcome.SILENT) {
                    verdict = verdict.withOutcome(Outcome.EXEMPT);
                }
                table.count(injury, verdict);
                if (!verdict.outcome().legal) {
                    violations.add(injury + ": " + verdict.outcome() + " " + verdict.detail());
                }
                if (!powerFailed && table.total() % DAEMON_EVERY == 0) {
                    Path daemon = directory.resolve("daemon");
                    DamageImage.delete(daemon);
                    injury.inflictOn(image.copyTo(daemon.resolve("data")));
                    violations.addAll(new DamagedDaemon(daemon, image.oracle(), injury).check(verdict));
                }
            }
        }
    }

    private void report(long seed) throws IOException {
        String text = table.total() + " injuries, seed " + seed + ", " + violations.size() + " violations\n\n"
                + table.toMarkdown() + "\n" + table.verifiedInWords() + "\n" + String.join("\n", violations) + "\n";
        System.out.println(text);
        Path report = Path.of("target/fault-lab/damage.md");
        Files.createDirectories(report.getParent());
        Files.writeString(report, text);
    }
}
