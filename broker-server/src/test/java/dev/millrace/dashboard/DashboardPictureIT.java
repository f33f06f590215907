package dev.millrace.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.system.Daemon;
import dev.millrace.system.Distribution;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The dashboard and the alerts, asked of a real Prometheus that scrapes a real broker under load: every panel has
 * something to show, and every rule can be evaluated. Draws docs/operations-dashboard.svg.
 *
 * <p>{@code -Ddashboard.seconds=240} runs it for so long; without, and where there is no Prometheus on the path, it is
 * skipped. {@code -Ddashboard.picture=file} draws elsewhere.
 */
final class DashboardPictureIT {
    private static final int SECONDS = Integer.getInteger("dashboard.seconds", 0);

    @TempDir
    Path directory;

    @Test
    void everyPanelHasSomethingToShowUnderLoad() throws Exception {
        assumeTrue(SECONDS > 0, "skipped: -Ddashboard.seconds=240 draws the picture");
        assumeTrue(PrometheusProcess.isThere(), "skipped: no prometheus on the path");
        Path project = Distribution.projectRoot();
        Path rules = project.resolve("config/prometheus/millrace-alerts.yaml");
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            String target = URI.create(daemon.httpUrl()).getAuthority();
            try (PrometheusProcess prometheus = PrometheusProcess.start(directory, target, rules);
                    DashboardLoad load = new DashboardLoad(daemon)) {
                load.run(SECONDS);
                DashboardPicture picture = draw(project, prometheus.api());
                assertThat(picture.silent()).as("panels without data").isEmpty();
                assertThat(prometheus.api().brokenRules()).isEmpty();
            }
        }
    }

    private static DashboardPicture draw(Path project, Prometheus prometheus) throws Exception {
        Dashboard dashboard = Dashboard.read(project.resolve("config/grafana/millrace-dashboard.json"));
        TimeRange range = TimeRange.last(SECONDS, Instant.now().getEpochSecond());
        DashboardPicture picture =
                DashboardPicture.draw(dashboard, prometheus, range, PrometheusProcess.SCRAPE_SECONDS);
        String chosen = System.getProperty("dashboard.picture", "");
        Path file = chosen.isEmpty() ? project.resolve("docs/operations-dashboard.svg") : Path.of(chosen);
        Files.writeString(file, picture.svg());
        System.out.println("dashboard: wrote " + file);
        picture.silent().forEach(title -> System.out.println("dashboard: no data in \"" + title + "\""));
        return picture;
    }
}
