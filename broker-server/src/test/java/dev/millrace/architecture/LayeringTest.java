package dev.millrace.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The package table holds. Each rule is shown to fail on a small package tree that breaks it. */
final class LayeringTest {
    private static final String BROKEN_ROOT = "dev.millrace.architecture.broken";

    private static final Layering PRODUCT = new Layering("dev.millrace", productClasses());
    private static final Layering BROKEN =
            new Layering(BROKEN_ROOT, new ClassFileImporter().importPackages(BROKEN_ROOT));

    @Test
    void everyPackageStandsInTheTable() {
        assertThat(PRODUCT.packagesMissingInTable()).isEmpty();
        assertThat(BROKEN.packagesMissingInTable())
                .containsExactly(BROKEN_ROOT + ".core.misc is not in the package table");
    }

    @Test
    void packagesUseOnlyWhatStandsBelowThem() {
        assertThat(PRODUCT.usesUpwardsOrSideways()).isEmpty();
        assertOnly(
                BROKEN.usesUpwardsOrSideways(),
                "core.log.UsesPackageAbove",
                "core.topic.UsesSibling",
                "core.wire.UsesUnlistedPackage",
                "client.internal.UsesShard",
                "server.cli.ReachesIntoNet",
                "server.protocol.kafka.UsesSiblingAdapter",
                "server.protocol.http.SkipsFacade");
    }

    @Test
    void leavesUseOnlyTheJdk() {
        assertThat(PRODUCT.leavesThatUseMoreThanTheJdk()).isEmpty();
        assertOnly(BROKEN.leavesThatUseMoreThanTheJdk(), "core.record.UsesLogger");
    }

    @Test
    void coreUsesTheJdkAndTwoDoorsToLibraries() {
        assertThat(PRODUCT.librariesInCore()).isEmpty();
        assertOnly(
                BROKEN.librariesInCore(),
                "core.group.UsesNetty",
                "core.record.UsesLogger",
                "core.shard.UsesZstd",
                "core.storage.UsesRocksOutsideRocksStore");
    }

    @Test
    void eachNativeLibraryStaysBehindItsPackage() {
        assertThat(PRODUCT.librariesOutsideTheirPackage()).isEmpty();
        assertOnly(
                BROKEN.librariesOutsideTheirPackage(),
                "core.shard.UsesZstd",
                "core.storage.UsesRocksOutsideRocksStore",
                "server.metrics.UsesRocks");
    }

    @Test
    void clientApiShowsNoNettyType() {
        assertThat(PRODUCT.nettyInClientApi()).isEmpty();
        assertThat(BROKEN.nettyInClientApi())
                .hasSize(3)
                .allMatch(violation -> violation.startsWith(BROKEN_ROOT + ".client.ShowsNetty"));
    }

    @Test
    void inputCanNotRunCode() {
        assertThat(PRODUCT.forbiddenCalls()).isEmpty();
        assertThat(BROKEN.forbiddenCalls())
                .hasSize(5)
                .allMatch(violation -> violation.contains("core.schema.RunsCode"));
    }

    @Test
    void namesSayWhatATypeIs() {
        assertThat(PRODUCT.namesThatSayNothing()).isEmpty();
        assertThat(BROKEN.namesThatSayNothing())
                .containsExactly(
                        BROKEN_ROOT + ".core.schema.AbstractSchema",
                        BROKEN_ROOT + ".core.schema.SchemaImpl",
                        BROKEN_ROOT + ".core.schema.SchemaUtils");
    }

    @Test
    void productIsReallyRead() {
        assertThat(productClasses().stream().map(type -> type.getPackageName()))
                .as("classes of the other modules are on the class path, those of tests are not looked at")
                .contains("dev.millrace.server", "dev.millrace.core")
                .doesNotContain("dev.millrace.architecture");
    }

    @Test
    void tableNamesEachPackageOnce() {
        assertThat(PackageTable.all()).doesNotHaveDuplicates();
        assertThat(PackageTable.allows("core.log", "core.shard")).isTrue();
        assertThat(PackageTable.allows("core.shard", "core.log")).isFalse();
        assertThat(PackageTable.allows("server", "core.machine")).isTrue();
        assertThat(PackageTable.allows("client", "core.time")).isFalse();
    }

    @Test
    void documentShowsTheSameTable() throws IOException {
        String page = Files.readString(SourceTree.project().resolve("docs/DEVELOPING.md"));
        String table = page.substring(page.indexOf("```\nbroker-server"), page.indexOf("Between the blocks"));
        // A line is: the block's name or blanks, then packages, then at least three blanks and a remark.
        List<String> names = table.lines()
                .map(line -> line.replaceFirst("^(broker-\\w+)?\\s*", "").split(" {3,}")[0])
                .flatMap(packages -> List.of(packages.split(" ")).stream())
                .filter(name -> !name.isBlank() && !name.startsWith("`"))
                .toList();
        assertThat(names).containsExactlyElementsOf(PackageTable.all());
    }

    private static void assertOnly(List<String> violations, String... offenders) {
        for (String offender : offenders) {
            assertThat(violations).anyMatch(violation -> violation.contains(BROKEN_ROOT + "." + offender));
        }
        assertThat(violations)
                .allMatch(violation -> List.of(offenders).stream()
                        .anyMatch(offender -> violation.contains(BROKEN_ROOT + "." + offender)));
    }

    private static JavaClasses productClasses() {
        return new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .withImportOption(location -> !location.contains("-tests.jar"))
                .importPackages("dev.millrace");
    }
}
