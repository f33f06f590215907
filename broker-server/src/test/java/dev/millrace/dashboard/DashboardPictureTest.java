package dev.millrace.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.dashboard.Grid.Box;
import dev.millrace.dashboard.Grid.Place;
import dev.millrace.dashboard.Panel.Kind;
import dev.millrace.docs.MarkdownPage;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

/** What of the picture can be tested without a Prometheus; the answers here are written as Prometheus writes them. */
final class DashboardPictureTest {
    private static final TimeRange RANGE = new TimeRange(1000, 1240, 2);
    private static final String EMPTY = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}";
    private static final String SERIES = """
            {"status":"success","data":{"resultType":"matrix","result":[
              {"metric":{"topic":"a<b"},"values":[[1000,"1"],[1002,"NaN"],[1004,"+Inf"],[1006,"3.5"],[1008,"4"]]},
              {"metric":{"topic":"idle"},"values":[[1000,"NaN"]]}]}}""";

    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private volatile String answer = SERIES;
    private HttpServer server;
    private Prometheus prometheus;

    @BeforeEach
    void startPrometheus() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/api/v1/query_range", this::answerQuery);
        server.createContext(
                "/api/v1/status/buildinfo",
                exchange -> send(exchange, 200, "{\"status\":\"success\",\"data\":{\"version\":\"9.9\"}}"));
        server.start();
        prometheus = new Prometheus("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @AfterEach
    void stopPrometheus() {
        server.stop(0);
    }

    private void answerQuery(HttpExchange exchange) throws IOException {
        asked.add(exchange.getRequestURI().getQuery());
        send(exchange, answer.contains("\"error\"") ? 400 : 200, answer);
    }

    private static void send(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static Dashboard shipped() throws IOException {
        return Dashboard.read(MarkdownPage.PROJECT.resolve("config/grafana/millrace-dashboard.json"));
    }

    @Test
    void everyPanelCanBeDrawnAndAsksSomething() throws IOException {
        Variables variables = Variables.of(shipped(), RANGE, 2);
        assertThat(shipped().panels()).hasSizeGreaterThan(30);
        for (Panel panel : shipped().panels()) {
            assertThat(panel.queries().isEmpty()).as(panel.title()).isEqualTo(panel.kind() == Kind.ROW);
            for (Panel.Query query : panel.queries()) {
                assertThat(variables.replace(query.expression()))
                        .as(panel.title())
                        .isNotBlank()
                        .doesNotContain("$");
                assertThat(query.legend()).as(panel.title()).isNotBlank();
            }
        }
    }

    @Test
    void everyVariableHasAValueForAll() throws IOException {
        assertThat(shipped().all())
                .containsOnlyKeys("instance", "topic", "group")
                .doesNotContainValue("");
    }

    @Test
    void variablesAreReplacedInEveryForm() throws IOException {
        Dashboard dashboard = new Dashboard("", Map.of("topic", ".*", "group", "a$1"), List.of());
        Variables variables = Variables.of(dashboard, RANGE, 2);
        assertThat(variables.replace("rate(x{t=~\"$topic\",g=\"${group}\"}[$__rate_interval])"))
                .isEqualTo("rate(x{t=~\".*\",g=\"a$1\"}[8s])");
        assertThat(variables.replace("x{t=~\"${topic:regex}|[[topic]]|end$\"}[$__interval] $__range"))
                .isEqualTo("x{t=~\".*|.*|end$\"}[2s] 240s");
        assertThatThrownBy(() -> variables.replace("up{job=\"$job\"}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("$job");
    }

    /** As Grafana has it: four scrapes, or one and the distance of the points where that is more. */
    @Test
    void ratesAreTakenOverEnoughScrapes() {
        Dashboard none = new Dashboard("", Map.of(), List.of());
        assertThat(Variables.of(none, RANGE, 15).replace("$__rate_interval")).isEqualTo("60s");
        assertThat(Variables.of(none, new TimeRange(0, 9600, 80), 15).replace("$__rate_interval"))
                .isEqualTo("95s");
    }

    @Test
    void theGridFillsThePictureWithoutOverlap() throws IOException {
        Grid grid = new Grid(40);
        Box whole = grid.box(new Place(0, 0, 24, 1));
        assertThat(whole.x()).isEqualTo(Grid.GAP);
        assertThat(whole.right()).isCloseTo(Grid.WIDTH - Grid.GAP, within(0.01));
        assertThat(whole.y()).isEqualTo(40);
        assertThat(grid.box(new Place(0, 1, 24, 1)).y()).isEqualTo(whole.bottom() + Grid.GAP);
        List<Box> boxes = new ArrayList<>();
        for (Panel panel : shipped().panels()) {
            boxes.add(grid.box(panel.place()));
        }
        for (Box one : boxes) {
            assertThat(one.right()).isLessThanOrEqualTo(Grid.WIDTH);
            for (Box other : boxes) {
                if (one == other) continue;
                boolean apart = one.right() < other.x()
                        || other.right() < one.x()
                        || one.bottom() < other.y()
                        || other.bottom() < one.y();
                assertThat(apart).as(one + " and " + other).isTrue();
            }
        }
    }

    @Test
    void numbersHaveThreeDigitsAndTheirUnit() {
        assertThat(Unit.NONE.text(1234567.8)).isEqualTo("1,234,568");
        assertThat(Unit.NONE.text(0.12345)).isEqualTo("0.123");
        assertThat(Unit.OPERATIONS.text(12345)).isEqualTo("12.3K ops/s");
        assertThat(Unit.REQUESTS.text(999)).isEqualTo("999 req/s");
        assertThat(Unit.BYTES.text(1536)).isEqualTo("1.5 KiB");
        assertThat(Unit.BYTES.text(0)).isEqualTo("0 B");
        assertThat(Unit.BYTES_PER_SECOND.text(1_500_000)).isEqualTo("1.5 MB/s");
        assertThat(Unit.SECONDS.text(0.00025)).isEqualTo("250 µs");
        assertThat(Unit.SECONDS.text(0.25)).isEqualTo("250 ms");
        assertThat(Unit.SECONDS.text(90)).isEqualTo("1.5 min");
        assertThat(Unit.SHARE.text(0.5)).isEqualTo("50%");
        assertThatThrownBy(() -> Unit.of("watt")).hasMessageContaining("watt");
    }

    @Test
    void marksOfAScaleAreRoundAndFew() {
        assertThat(Unit.OPERATIONS.markDistance(970)).isEqualTo(250);
        assertThat(Unit.OPERATIONS.markDistance(0.02)).isEqualTo(0.005);
        assertThat(Unit.BYTES.markDistance(100 << 20)).isEqualTo(32 << 20);
        assertThat(Unit.NONE.markDistance(2)).as("no half members").isEqualTo(1);
        assertThat(Unit.BYTES.markDistance(4 << 20)).isEqualTo(1 << 20);
        assertThat(Unit.SECONDS.markDistance(150)).isEqualTo(60);
        assertThat(PanelPicture.timeStep(240, 4)).isEqualTo(60);
    }

    @Test
    void whatIsNoNumberIsNoPoint() throws Exception {
        List<Prometheus.Series> series = prometheus.query("up", RANGE);
        assertThat(series).hasSize(1);
        assertThat(series.get(0).labels()).containsExactly(Map.entry("topic", "a<b"));
        assertThat(series.get(0).points())
                .containsExactly(new double[] {1000, 1}, new double[] {1006, 3.5}, new double[] {1008, 4});
        assertThat(asked).containsExactly("query=up&start=1000&end=1240&step=2");
    }

    @Test
    void aLegendTakesItsLabelsFromTheSeries() {
        Prometheus.Series series = new Prometheus.Series(Map.of("group", "$g"), List.of());
        assertThat(DashboardPicture.name(new Panel.Query("", "{{ group }} {{topic}}"), series))
                .isEqualTo("$g");
        assertThat(DashboardPicture.name(new Panel.Query("", "p99"), series)).isEqualTo("p99");
    }

    @Test
    void thePictureShowsEveryPanelWithTitleUnitLegendAndTimes() throws Exception {
        DashboardPicture picture = DashboardPicture.draw(shipped(), prometheus, RANGE, 2);
        assertThat(picture.silent()).isEmpty();
        for (Panel panel : shipped().panels()) {
            assertThat(picture.svg()).contains(">" + panel.title() + "</text>");
        }
        assertThat(picture.svg())
                .contains("answered by Prometheus 9.9")
                .contains("not by Grafana")
                .contains(">a&lt;b</text>")
                .contains("00:18:00")
                .contains("ops/s</text>")
                .doesNotContain("No data")
                .doesNotContain("NaN");
        parse(picture.svg());
    }

    /** From 1000 to 1006 nothing is known: no line is drawn there. */
    @Test
    void aGapInTheDataIsAGapInTheLine() throws Exception {
        DashboardPicture picture =
                DashboardPicture.draw(new Dashboard("", shipped().all(), List.of(timeSeries())), prometheus, RANGE, 2);
        // Two runs of points, and the swatch of the legend.
        assertThat(parse(picture.svg()).getElementsByTagName("path").getLength())
                .isEqualTo(3);
    }

    @Test
    void whereALegendHasNoRoomItNamesTheLargest() throws Exception {
        List<String> series = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            series.add("{\"metric\":{\"topic\":\"a-topic-" + i + "\"},\"values\":[[1000,\"" + i + "\"]]}");
        }
        answer = EMPTY.replace("[]", series.toString());
        DashboardPicture picture =
                DashboardPicture.draw(new Dashboard("", shipped().all(), List.of(timeSeries())), prometheus, RANGE, 2);
        assertThat(picture.svg())
                .contains(">a-topic-29</text>")
                .doesNotContain(">a-topic-0</text>")
                .containsPattern(">\\+ 2\\d more</text>");
    }

    private static Panel timeSeries() throws IOException {
        return shipped().panels().stream()
                .filter(one -> one.kind() == Kind.TIMESERIES)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aPanelWithoutDataSaysSoAndIsListed() throws Exception {
        answer = EMPTY;
        DashboardPicture picture = DashboardPicture.draw(shipped(), prometheus, RANGE, 2);
        List<String> titles = shipped().panels().stream()
                .filter(panel -> panel.kind() != Kind.ROW)
                .map(Panel::title)
                .toList();
        assertThat(picture.silent()).isEqualTo(titles);
        assertThat(picture.svg().split("No data", -1)).hasSize(titles.size() + 1);
        parse(picture.svg());
    }

    @Test
    void anErrorOfPrometheusIsTold() {
        answer = "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}";
        assertThatThrownBy(() -> prometheus.query("up{", RANGE))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("parse error");
    }

    /** A panel that was added, renamed or left without data needs a new picture: see docs/DEVELOPING.md. */
    @Test
    void thePictureOfTheDocsIsThatOfTheDashboard() throws Exception {
        String svg = Files.readString(MarkdownPage.PROJECT.resolve("docs/operations-dashboard.svg"));
        for (Panel panel : shipped().panels()) {
            assertThat(svg).contains(">" + panel.title() + "</text>");
        }
        assertThat(svg).doesNotContain("No data").contains("not by Grafana");
        parse(svg);
    }

    private static Document parse(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    }
}
