package dev.millrace.server.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes the two files that are made from {@link Keys}: config/millrace.yaml and docs/CONFIGURATION.md. */
final class ConfigDocs {
    private static final int COLUMNS = 100;

    private static final String YAML_HEAD = """
            # Configuration of a Millrace broker. Every key is here, with its default.
            #
            # Sizes are a whole number with B, KiB, MiB, GiB or TiB; durations one with ms, s, m, h or d.
            # The environment (MILLRACE_STORAGE__BLOCKCACHE=64MiB) overrides this file, and
            # --set storage.blockCache=64MiB overrides the environment. A change needs a restart.
            #
            # Check it:           millrace config check
            # See what is used:   millrace config show --origin
            # More:               docs/CONFIGURATION.md
            """;

    private static final String MARKDOWN_HEAD = """
            # Configuration

            <!-- Made from dev.millrace.server.config.Keys. Do not edit; run:
                 mvn -B -ntp -pl broker-server -am test -Dtest=ConfigFilesTest -Dsurefire.failIfNoSpecifiedTests=false \
            -Dconfig.regenerate=true -->

            Millrace runs without any configuration. What you want to change goes into a YAML file, into environment
            variables or onto the command line.

            ## Where values come from

            Each source overrides the ones above it:

            | source | example |
            |---|---|
            | default | see the tables below |
            | file | `storage: { blockCache: 64MiB }` |
            | environment | `MILLRACE_STORAGE__BLOCKCACHE=64MiB` |
            | `--set` | `millrace start --set storage.blockCache=64MiB` |
            | `--data` | `millrace start --data /var/lib/millrace`, short for `--set node.dataDir=...` |

            The file is the one that `--config FILE` names, else the one in `MILLRACE_CONFIG`, else `config/millrace.yaml`
            of the distribution (under `MILLRACE_HOME`, which the start script sets), else none.

            A variable is `MILLRACE_` and the key in upper case, with `__` for each dot. `MILLRACE_SERVER`,
            `MILLRACE_REGISTRY`, `MILLRACE_HOME`, `MILLRACE_CONFIG`, `MILLRACE_JAVA_OPTS`, `MILLRACE_CLI_JAVA_OPTS`, `MILLRACE_CACHE_DIR` and
            `MILLRACE_OPTS` are no keys, and neither are the variables that Kubernetes adds for a Service named `millrace` (`MILLRACE_SERVICE_HOST` and the like).

            ## Units

            - Sizes: a whole number and `B`, `KiB`, `MiB`, `GiB` or `TiB`, in powers of 1024: `64MiB`.
            - Durations: a whole number and `ms`, `s`, `m`, `h` or `d`: `15m`.
            - A number without a unit is refused. `unlimited` is allowed where the table says so.
            - Addresses: `host:port`, IPv6 as `"[::1]:7650"`. Port 0 takes any free port.

            ## Strictness

            A broker with a wrong configuration does not start. All problems are reported at once, each with its place, the
            bad value, what is allowed, and what was probably meant:

            ```
            2 problems in the configuration:
            millrace.yaml:2:3: storage.blokCache: there is no such key
                did you mean storage.blockCache?
            millrace.yaml:3:14: storage.tailCache: "128" has no unit; allowed is a size from 1MiB to 1TiB
                did you mean 128MiB?
            ```

            - A key that is given twice, an unknown `MILLRACE_` variable and a quoted number or boolean are problems too.
            - Aliases (`*name`) may repeat single values only. The file is UTF-8 and at most 1MiB.
            - Until this version has TLS and authentication, an address that other machines can reach is refused unless
              `security.insecurePublicBind` is `true`.

            ## Commands

            - `millrace config check [FILE]` checks what `start` would use; exit code 0 good, 1 problems, 2 wrong usage.
            - `millrace config show [--origin] [-o json]` shows every value and where it comes from.
            - `millrace config schema` prints a JSON Schema. For editors with the YAML language server, save it and put
              `# yaml-language-server: $schema=millrace.schema.json` in the first line of the file.

            ## Keys

            A change of any key takes effect at the next start, unless its row says otherwise.
            """;

    private ConfigDocs() {}

    static String yaml() {
        StringBuilder yaml = new StringBuilder(YAML_HEAD);
        String section = "";
        for (Key<?> key : Keys.ALL) {
            if (!key.section().equals(section)) yaml.append(sectionHeads(section, key.section()));
            section = key.section();
            String indent = "  ".repeat(section.split("\\.").length);
            String facts = "Allowed: " + key.allowed() + ". Default: " + key.defaultText() + "."
                    + (key.restart() ? "" : " Takes effect without a restart.");
            for (String line : wrapped(key.doc(), COLUMNS - indent.length() - 2))
                yaml.append(indent + "# " + line + "\n");
            for (String line : wrapped(facts, COLUMNS - indent.length() - 2)) yaml.append(indent + "# " + line + "\n");
            yaml.append(indent + key.name() + ": " + ConfigText.scalar(key, key.defaultText()) + "\n");
        }
        return yaml.toString();
    }

    static String markdown() {
        StringBuilder markdown = new StringBuilder(MARKDOWN_HEAD);
        for (Map.Entry<String, String> section : Keys.SECTIONS.entrySet()) {
            List<Key<?>> keys = Keys.ALL.stream()
                    .filter(key -> key.section().equals(section.getKey()))
                    .toList();
            if (keys.isEmpty()) continue;
            markdown.append("\n### " + section.getKey() + "\n\n" + section.getValue() + "\n\n");
            markdown.append("| key | default | allowed | what it is for |\n|---|---|---|---|\n");
            for (Key<?> key : keys) {
                String doc = key.doc() + (key.restart() ? "" : " Takes effect without a restart.");
                markdown.append("| `" + key.path() + "` | `" + key.defaultText() + "` | " + key.allowed() + " | " + doc
                        + " |\n");
            }
        }
        return markdown.toString();
    }

    private static String sectionHeads(String before, String section) {
        StringBuilder heads = new StringBuilder();
        String path = "";
        for (String segment : section.split("\\.")) {
            String indent = "  ".repeat(path.isEmpty() ? 0 : path.split("\\.").length);
            path = path.isEmpty() ? segment : path + "." + segment;
            if (before.equals(path) || before.startsWith(path + ".")) continue;
            if (indent.isEmpty()) heads.append('\n');
            heads.append(indent + "# " + Keys.SECTIONS.get(path) + "\n" + indent + segment + ":\n");
        }
        return heads.toString();
    }

    private static List<String> wrapped(String text, int columns) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ")) {
            if (line.length() > 0 && line.length() + 1 + word.length() > columns) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.length() == 0 ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
