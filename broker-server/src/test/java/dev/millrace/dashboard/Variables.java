package dev.millrace.dashboard;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Puts values in the place of a dashboard's variables, as Grafana does before it asks Prometheus. */
final class Variables {
    /** All ways to write one; a {@code $} at the end of a regular expression is none. */
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)(?::\\w+)?}|\\$(\\w+)|\\[\\[(\\w+)]]");

    private final Map<String, String> values;

    private Variables(Map<String, String> values) {
        this.values = values;
    }

    /**
     * "All" for each variable of the dashboard, and Grafana's own for this time range.
     *
     * @param scrapeSeconds how often Prometheus scrapes, as the data source in Grafana is told
     */
    static Variables of(Dashboard dashboard, TimeRange range, int scrapeSeconds) {
        Map<String, String> values = new HashMap<>(dashboard.all());
        long step = range.stepSeconds();
        values.put("__interval", step + "s");
        values.put("__rate_interval", Math.max(step + scrapeSeconds, 4L * scrapeSeconds) + "s");
        values.put("__range", range.seconds() + "s");
        return new Variables(values);
    }

    /** @throws IllegalArgumentException for a variable that has no value */
    String replace(String expression) {
        Matcher matcher = VARIABLE.matcher(expression);
        StringBuilder replaced = new StringBuilder();
        while (matcher.find()) {
            String name = matcher.group().replaceAll(":\\w+}$|[^\\w]", "");
            String value = values.get(name);
            if (value == null) throw new IllegalArgumentException("no value for $" + name + " in " + expression);
            matcher.appendReplacement(replaced, Matcher.quoteReplacement(value));
        }
        return matcher.appendTail(replaced).toString();
    }
}
