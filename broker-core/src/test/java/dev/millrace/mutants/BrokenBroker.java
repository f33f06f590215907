package dev.millrace.mutants;

import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;

/**
 * The broker and its tests, loaded anew with some classes replaced. All else, above all what has a native library that
 * loads once a process, comes from the parent.
 */
final class BrokenBroker extends URLClassLoader {
    private static final String OURS = "dev.millrace.";

    private final String replaced;

    private BrokenBroker(URL[] paths, ClassLoader parent) {
        super(paths, parent);
        this.replaced = paths[0].toString();
    }

    static BrokenBroker of(Path replaced, List<Path> classes) throws MalformedURLException {
        URL[] paths = new URL[classes.size() + 1];
        paths[0] = replaced.toUri().toURL();
        for (int i = 0; i < classes.size(); i++) {
            paths[i + 1] = classes.get(i).toUri().toURL();
        }
        return new BrokenBroker(paths, BrokenBroker.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : findClass(name);
        }
    }

    /** True when a class of this source file was used, and used from the replacement. */
    boolean used(String sourceFile) {
        Class<?> used = findLoadedClass(sourceFile.replace(".java", "").replace('/', '.'));
        return used != null
                && used.getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toString()
                        .equals(replaced);
    }
}
