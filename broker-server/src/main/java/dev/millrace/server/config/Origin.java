package dev.millrace.server.config;

/** Where a value came from; {@code toString} is for people. Later ones override earlier ones, in this order. */
public sealed interface Origin {
    record Default() implements Origin {
        @Override
        public String toString() {
            return "default";
        }
    }

    /** A place in a file. Units: line and column count from 1; line 0 is the file as a whole. */
    record InFile(String file, int line, int column) implements Origin {
        static InFile whole(String file) {
            return new InFile(file, 0, 0);
        }

        @Override
        public String toString() {
            return line == 0 ? file : file + ":" + line + ":" + column;
        }
    }

    record Environment(String variable) implements Origin {
        @Override
        public String toString() {
            return "environment " + variable;
        }
    }

    /** An option of the command line: {@code --set} or {@code --data}. */
    record Option(String name) implements Origin {
        @Override
        public String toString() {
            return name;
        }
    }
}
