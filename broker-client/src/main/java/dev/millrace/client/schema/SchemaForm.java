package dev.millrace.client.schema;

/** Where a message says which schema it has. Codecs read both, whatever they write. */
public enum SchemaForm {
    /** In a header, so that the value stays plain. */
    HEADER,
    /** In front of the value: a zero byte and four bytes of id, as most serializers of others do. */
    PREFIX
}
