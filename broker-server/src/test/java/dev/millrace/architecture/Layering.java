package dev.millrace.architecture;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The rules between packages, each as a list of those who break it.
 *
 * <p>{@code root} is {@code dev.millrace} for the product. The tests give another one to show that each rule can fail.
 */
final class Layering {
    private static final String NETTY = "io.netty";

    /** Libraries that one package alone may see; the rest of core sees the JDK only. */
    private static final Map<String, List<String>> LIBRARIES = Map.of(
            "core.storage", List.of("org.rocksdb"),
            "core.compression", List.of("com.github.luben.zstd", "net.jpountz", "org.xerial.snappy"),
            "server.protocol.kafka", List.of("org.apache.kafka"),
            "server.bench", List.of("org.apache.kafka", "org.HdrHistogram"),
            "server.schema.format",
                    List.of("org.apache.avro", "com.networknt", "com.google.protobuf", "com.squareup.wire", "kotlin"),
            "client.schema", List.of("org.apache.avro", "com.google.protobuf"),
            "client.otel", List.of("io.opentelemetry"),
            "server.replication", List.of("org.apache.ratis"));

    /** Calls that open a door for input to run code, or that hide a dependency from this test. */
    private static final Map<String, Set<String>> FORBIDDEN_CALLS = Map.of(
            "java.lang.Class", Set.of("forName"),
            "java.lang.Runtime", Set.of("exec"),
            "java.lang.ProcessBuilder", Set.of("<init>"),
            "java.io.ObjectInputStream", Set.of("<init>", "readObject"));

    private static final List<String> BAD_SUFFIXES = List.of("Impl", "Manager", "Helper", "Util", "Utils");

    private final String root;
    private final JavaClasses classes;

    Layering(String root, JavaClasses classes) {
        this.root = root;
        this.classes = classes;
    }

    List<String> packagesMissingInTable() {
        return classes.stream()
                .map(this::packageOf)
                .distinct()
                .filter(name -> !PackageTable.contains(name))
                .map(name -> root + "." + name + " is not in the package table")
                .sorted()
                .toList();
    }

    List<String> usesUpwardsOrSideways() {
        return dependencies((user, used) -> isOwn(used) && !PackageTable.allows(packageOf(user), packageOf(used)));
    }

    List<String> leavesThatUseMoreThanTheJdk() {
        return dependencies(
                (user, used) -> PackageTable.LEAVES.contains(packageOf(user)) && !isOwn(used) && !isJdk(used));
    }

    /** Core sees the JDK and, in two packages, the libraries those exist for. */
    List<String> librariesInCore() {
        return dependencies((user, used) ->
                packageOf(user).startsWith("core") && !isOwn(used) && !isJdk(used) && !mayUseLibrary(user, used));
    }

    /** RocksDB, the compression libraries, Kafka's and Ratis' classes: each behind one package's door. */
    List<String> librariesOutsideTheirPackage() {
        List<String> all = LIBRARIES.values().stream().flatMap(List::stream).toList();
        return dependencies(
                (user, used) -> all.stream().anyMatch(library -> within(used, library)) && !mayUseLibrary(user, used));
    }

    List<String> nettyInClientApi() {
        return classes.stream()
                .filter(type -> packageOf(type).equals("client") && isApi(type))
                .flatMap(type -> Stream.concat(
                        Stream.concat(type.getRawInterfaces().stream(), type.getRawSuperclass().stream())
                                .filter(Layering::isNetty)
                                .map(netty -> type.getName() + " is a " + netty.getName()),
                        Stream.concat(nettyInSignatures(type), nettyInFields(type))))
                .sorted()
                .toList();
    }

    List<String> forbiddenCalls() {
        return classes.stream()
                .flatMap(type -> type.getAccessesFromSelf().stream())
                .filter(access -> FORBIDDEN_CALLS
                        .getOrDefault(access.getTargetOwner().getName(), Set.of())
                        .contains(access.getName()))
                .map(JavaAccess::getDescription)
                .sorted()
                .toList();
    }

    List<String> namesThatSayNothing() {
        Predicate<String> bad =
                name -> name.startsWith("Abstract") || BAD_SUFFIXES.stream().anyMatch(name::endsWith);
        return classes.stream()
                .filter(type -> bad.test(type.getSimpleName()))
                .map(JavaClass::getName)
                .sorted()
                .toList();
    }

    private List<String> dependencies(BiPredicate<JavaClass, JavaClass> broken) {
        return classes.stream()
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .filter(use ->
                        broken.test(use.getOriginClass(), use.getTargetClass().getBaseComponentType()))
                .map(Dependency::getDescription)
                .distinct()
                .sorted()
                .toList();
    }

    private static Stream<String> nettyInSignatures(JavaClass type) {
        return type.getCodeUnits().stream()
                .filter(unit -> isVisible(unit.getModifiers()))
                .filter(unit -> signature(unit).anyMatch(Layering::isNetty))
                .map(unit -> unit.getFullName() + " shows a Netty type");
    }

    private static Stream<JavaClass> signature(JavaCodeUnit unit) {
        return Stream.of(
                        unit.getReturnType().getAllInvolvedRawTypes().stream(),
                        unit.getParameterTypes().stream()
                                .flatMap(parameter -> parameter.getAllInvolvedRawTypes().stream()),
                        unit.getExceptionTypes().stream())
                .flatMap(types -> types);
    }

    private static Stream<String> nettyInFields(JavaClass type) {
        return type.getFields().stream()
                .filter(field -> isVisible(field.getModifiers()))
                .filter(field ->
                        field.getType().getAllInvolvedRawTypes().stream().anyMatch(Layering::isNetty))
                .map(field -> field.getFullName() + " shows a Netty type");
    }

    private static boolean isApi(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC);
    }

    private static boolean isVisible(Set<JavaModifier> modifiers) {
        return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
    }

    private static boolean isNetty(JavaClass type) {
        return within(type, NETTY);
    }

    private boolean mayUseLibrary(JavaClass user, JavaClass used) {
        boolean listed =
                LIBRARIES.getOrDefault(packageOf(user), List.of()).stream().anyMatch(library -> within(used, library));
        return listed && (!within(used, "org.rocksdb") || outermost(user).startsWith("Rocks"));
    }

    private static String outermost(JavaClass type) {
        JavaClass outer = type;
        while (outer.getEnclosingClass().isPresent())
            outer = outer.getEnclosingClass().get();
        return outer.getSimpleName();
    }

    private boolean isOwn(JavaClass type) {
        return within(type, root);
    }

    private static boolean isJdk(JavaClass type) {
        // The JDK has O_DIRECT there and nowhere else.
        return type.isPrimitive() || within(type, "java") || within(type, "com.sun.nio.file");
    }

    private static boolean within(JavaClass type, String prefix) {
        return type.getPackageName().equals(prefix) || type.getPackageName().startsWith(prefix + ".");
    }

    private String packageOf(JavaClass type) {
        String name = type.getPackageName();
        return name.length() > root.length() ? name.substring(root.length() + 1) : "";
    }
}
