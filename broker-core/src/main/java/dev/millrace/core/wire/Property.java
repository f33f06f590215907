package dev.millrace.core.wire;

/** A named text: a topic setting, a fact about the broker. A null value unsets a setting. */
public record Property(String name, String value) {
    static Property read(FieldReader in) {
        return new Property(in.readText(), in.readString());
    }

    static void writeTo(FieldWriter out, Property property) {
        out.writeString(property.name).writeString(property.value);
    }
}
