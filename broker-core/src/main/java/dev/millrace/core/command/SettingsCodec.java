package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.util.ArrayList;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Settings in commands and rows: count, then name and value; a null value unsets. */
public final class SettingsCodec {
    private SettingsCodec() {}

    public static void write(FieldWriter out, SortedMap<String, String> settings) {
        out.writeList(
                new ArrayList<>(settings.entrySet()),
                (to, setting) -> to.writeString(setting.getKey()).writeString(setting.getValue()));
    }

    public static SortedMap<String, String> read(FieldReader in) {
        SortedMap<String, String> settings = new TreeMap<>();
        for (Map.Entry<String, String> setting : in.readList(SettingsCodec::readOne)) {
            settings.put(setting.getKey(), setting.getValue());
        }
        return settings;
    }

    private static Map.Entry<String, String> readOne(FieldReader in) {
        String name = in.readString();
        String value = in.readString();
        return new java.util.AbstractMap.SimpleEntry<>(name, value);
    }
}
