package dev.millrace.mutants;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A module whose sources can be broken. */
enum SourceModule {
    CORE("broker-core", "dev/millrace/core/"),
    CLIENT("broker-client", "dev/millrace/client/"),
    SERVER("broker-server", "dev/millrace/server/");

    private final String folder;
    private final String packagePath;

    SourceModule(String folder, String packagePath) {
        this.folder = folder;
        this.packagePath = packagePath;
    }

    /** @param source a source file below the module's package, without its ending */
    String file(String source) {
        return packagePath + source + ".java";
    }

    /** The text of a file that {@link #file} names; tests run in the folder of their own module. */
    String read(String file) throws IOException {
        return Files.readString(Path.of("..", folder, "src", "main", "java").resolve(file));
    }
}
