package dev.millrace.architecture;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** What can be seen of one source file without compiling it: sizes, comments, a few forbidden calls. */
record SourceShape(
        String name,
        int lines,
        List<Method> methods,
        List<Place> standardStreams,
        List<Place> sleeps,
        List<Place> openTodos,
        List<Place> commentedOutCode) {
    private static final Pattern TODO = Pattern.compile("\\b(TODO|FIXME|XXX|HACK)\\b(?!\\(#\\d+\\))");

    /** A line comment that ends as a statement does and holds what prose does not: a call or an assignment. */
    private static final Pattern CODE_COMMENT = Pattern.compile(
            "^\\s*//\\s*(\\}|(import|package|return)\\b.*;|.*(\\w\\(.*\\)|\\s=\\s).*;|(if|for|while|try|switch)\\b.*\\{)\\s*$");

    record Method(Place place, int lines, int parameters) {}

    record Place(String file, long line, String what) {
        @Override
        public String toString() {
            return file + ":" + line + " " + what;
        }
    }

    static SourceShape of(String name, String text) {
        return ofAll(Map.of(name, text)).get(0);
    }

    /** Reads all files, name to text, with one parser: starting it costs more than a file does. */
    static List<SourceShape> ofAll(Map<String, String> files) {
        List<Text> sources = files.entrySet().stream()
                .map(file -> new Text(file.getKey(), file.getValue()))
                .toList();
        JavacTask task = (JavacTask) ToolProvider.getSystemJavaCompiler()
                .getTask(null, null, problem -> {}, List.of("-proc:none"), null, sources);
        SourcePositions positions = Trees.instance(task).getSourcePositions();
        List<SourceShape> shapes = new ArrayList<>();
        try {
            for (CompilationUnitTree unit : task.parse()) {
                String name = unit.getSourceFile().getName().substring(1);
                Found found = new Found(name, unit, positions);
                found.scan(unit, null);
                shapes.add(found.shape(files.get(name)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return shapes;
    }

    private static List<Place> matches(String name, List<String> lines, Pattern pattern, String what) {
        List<Place> places = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (pattern.matcher(lines.get(i)).find()) places.add(new Place(name, i + 1, what));
        }
        return places;
    }

    /** Walks the syntax tree that javac parses; nothing is resolved, so it is quick. */
    private static final class Found extends TreeScanner<Void, Void> {
        final List<Method> methods = new ArrayList<>();
        final List<Place> standardStreams = new ArrayList<>();
        final List<Place> sleeps = new ArrayList<>();

        private final String name;
        private final CompilationUnitTree unit;
        private final SourcePositions positions;

        Found(String name, CompilationUnitTree unit, SourcePositions positions) {
            this.name = name;
            this.unit = unit;
            this.positions = positions;
        }

        SourceShape shape(String text) {
            List<String> lines = text.lines().toList();
            return new SourceShape(
                    name,
                    lines.size(),
                    methods,
                    standardStreams,
                    sleeps,
                    matches(name, lines, TODO, "has a TODO without an issue, as in TODO(#12)"),
                    matches(name, lines, CODE_COMMENT, "is commented-out code"));
        }

        @Override
        public Void visitMethod(MethodTree method, Void nothing) {
            if (method.getBody() != null && positions.getEndPosition(unit, method) >= 0) {
                methods.add(new Method(
                        place(method, method.getName().toString()),
                        height(method),
                        method.getParameters().size()));
            }
            return super.visitMethod(method, nothing);
        }

        @Override
        public Void visitMemberSelect(MemberSelectTree select, Void nothing) {
            switch (select.toString()) {
                case "System.out", "System.err" -> standardStreams.add(place(select, "uses " + select));
                case "Thread.sleep", "TimeUnit.SECONDS.sleep", "TimeUnit.MILLISECONDS.sleep" ->
                    sleeps.add(place(select, "sleeps"));
                default -> {}
            }
            return super.visitMemberSelect(select, nothing);
        }

        private Place place(Tree tree, String what) {
            return new Place(name, lineOf(positions.getStartPosition(unit, tree)), what);
        }

        private int height(Tree tree) {
            return (int)
                    (lineOf(positions.getEndPosition(unit, tree)) - lineOf(positions.getStartPosition(unit, tree)) + 1);
        }

        private long lineOf(long position) {
            LineMap map = unit.getLineMap();
            return map.getLineNumber(position);
        }
    }

    private static final class Text extends SimpleJavaFileObject {
        private final String text;

        Text(String name, String text) {
            super(URI.create("string:///" + name), JavaFileObject.Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
