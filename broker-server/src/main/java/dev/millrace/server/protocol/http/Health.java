package dev.millrace.server.protocol.http;

import java.util.List;

/**
 * What a health check answers.
 *
 * @param healthy 200 or 503
 * @param status one word
 * @param reasons why it is not healthy, empty where it is
 */
public record Health(boolean healthy, String status, List<Reason> reasons) {
    /**
     * @param code stable, for machines
     * @param detail with the values involved, for people
     */
    public record Reason(String code, String detail) {}

    public static Health ok(String status) {
        return new Health(true, status, List.of());
    }

    public static Health failing(String status, String code, String detail) {
        return new Health(false, status, List.of(new Reason(code, detail)));
    }
}
