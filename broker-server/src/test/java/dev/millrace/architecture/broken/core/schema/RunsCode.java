package dev.millrace.architecture.broken.core.schema;

import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
final class RunsCode {
    Object read(InputStream in) throws IOException, ClassNotFoundException {
        return new ObjectInputStream(in).readObject();
    }

    Class<?> load(String name) throws ClassNotFoundException {
        return Class.forName(name);
    }

    Process run(String command) throws IOException {
        new ProcessBuilder(command);
        return Runtime.getRuntime().exec(new String[] {command});
    }
}
