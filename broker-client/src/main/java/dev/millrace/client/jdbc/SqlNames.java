package dev.millrace.client.jdbc;

/** Names of tables and columns that are put into SQL, where no placeholder can stand. */
final class SqlNames {
    private SqlNames() {}

    /** Fails: IllegalArgumentException unless it is a plain name, with a schema in front where {@code what} is a table. */
    static String require(String what, String name) {
        if (name == null || !name.matches("[A-Za-z_][A-Za-z0-9_]{0,62}(\\.[A-Za-z_][A-Za-z0-9_]{0,62})?")) {
            throw new IllegalArgumentException(
                    what + " is \"" + name + "\"; allowed are letters, digits and _, and one dot after a schema");
        }
        return name;
    }
}
