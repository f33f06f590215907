package dev.millrace.dashboard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A dashboard in Grafana's JSON, as far as it takes to draw it.
 *
 * @param all what each variable stands for in a query while "All" is chosen
 * @param panels in the order of the file
 */
record Dashboard(String title, Map<String, String> all, List<Panel> panels) {

    static Dashboard read(Path file) throws IOException {
        JsonNode json = new ObjectMapper().readTree(file.toFile());
        Map<String, String> all = new LinkedHashMap<>();
        for (JsonNode variable : json.at("/templating/list")) {
            // The variable that chooses the data source is in no query.
            if (variable.path("type").asText().equals("query")) {
                all.put(
                        variable.path("name").asText(),
                        variable.path("allValue").asText());
            }
        }
        List<Panel> panels = new ArrayList<>();
        for (JsonNode panel : json.path("panels")) {
            panels.add(Panel.of(panel));
        }
        return new Dashboard(json.path("title").asText(), all, List.copyOf(panels));
    }
}
