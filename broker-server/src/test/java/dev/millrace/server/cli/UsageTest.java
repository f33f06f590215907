package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What is wrong with a command line is found before a broker is asked, costs exit code 2 and names the remedy. */
class UsageTest {
    @TempDir
    Path dir;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | a command is missing; there are: start, config, doctor, topic, pub, sub, group",
                "topc | there is no command \"topc\". Did you mean topic",
                "topic | a command is missing; there are: create, list",
                "topic creat x | there is no command \"creat\". Did you mean create",
                "topic create | Missing required parameter: 'NAME'",
                "topic create a b | \"b\" is one argument too many",
                "topic create a --partitons 3 | there is no option --partitons. Did you mean --partitions?",
                "topic create a --partitions three | 'three'",
                "topic create a --partitions 0 | --partitions 0 is less than 1",
                "topic create a --set retention | --set \"retention\" is not of the form name=value",
                "topic create a --set =1 | is not of the form name=value",
                "topic create a --set x=1 --set x=2 | the setting x is given twice",
                "topic create a --retention 1d --set retention=2d | the setting retention is given twice",
                "topic alter a | nothing to change",
                "topic alter a --retention 1d --unset retention | the setting retention is set and unset",
                "topic describe | Missing required parameter: 'NAME'",
                "topic delete a | needs --yes",
                "topic list a b | \"b\" is one argument too many",
            })
    void topicCommandsSayWhatIsWrong(String line, String message) {
        saysWhatIsWrong(line, message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "stream | a command is missing; there are: append, read, latest, list",
                "stream append t k | nothing to append. Give a VALUE or --file",
                "stream append t k v --file f | VALUE and --file exclude each other",
                "stream append t k v --expect some | --expect: \"some\" is no expectation; use any, none, exists",
                "stream append t k v --time noon | --time: \"noon\" is no time",
                "stream read t k --max 0 | --max 0 is less than 1",
                "stream read t k --from -1 | --from -1 is less than 0",
                "stream read t k --as-of noon | --as-of: \"noon\" is no time",
                "stream latest t --as-of noon | --as-of: \"noon\" is no time",
                "stream list t --max 0 | --max 0 is less than 1",
                "stream truncate t k | nothing to change. Give --before, --max-count or --max-age",
                "stream truncate t k --max-age 5 | --max-age",
                "stream delete t k | deleting a stream needs --yes",
                "stream erase t k | erasing needs --yes",
                "stream erase t k --from 3 --to 2 --yes | versions 3 to 2 are none",
            })
    void streamCommandsSayWhatIsWrong(String line, String message) {
        saysWhatIsWrong(line, message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pub | Missing required parameter: 'TOPIC'",
                "pub a | nothing to publish. Give a VALUE or --file",
                "pub a v --file f | VALUE and --file exclude each other",
                "pub a v --key k --key-pointer /k | --key and --key-pointer exclude each other",
                "pub a v --time 1 --time-pointer /t | --time and --time-pointer exclude each other",
                "pub a v --time tomorrow | \"tomorrow\" is no time",
                "pub a v --key-pointer k | \"k\" is no JSON pointer",
                "pub a v --header h | --header \"h\" is not of the form name=value",
                "pub a v --compression zip | unknown compression 'zip'; use none, gzip, snappy, lz4 or zstd",
                "pub a v --partition -1 | --partition -1 is less than 0",
                "sub | Missing required parameter: 'TOPIC'",
                "sub a --from sometime | --from: \"sometime\" is no position",
                "sub a --group g --partition 1 | --partition and --group exclude each other",
                "sub a --max 0 | --max 0 is less than 1",
                "sub a --idle-exit 5 | --idle-exit: \"5\" is not a duration",
                "sub a --idle-exit 0s | is not longer than 0",
                "sub a --format xml | expected one of",
                "group | a command is missing; there are: list",
                "group describe | Missing required parameter: 'GROUP'",
                "group reset g --topic t | --to",
                "group reset g --to earliest | --topic",
                "group reset g --topic t --to noon | --to: \"noon\" is no position",
                "group delete | Missing required parameter: 'GROUP'",
                "completion | Missing required parameter: 'SHELL'",
                "completion fish | 'fish'",
                "version -o xml | expected one of",
                "start extra | \"extra\" is one argument too many",
                "start --dat x | there is no option --dat. Did you mean --data",
                "config | a command is missing; there are: check, show, schema",
                "bench | a command is missing; there are: pub, sub, e2e, mixed, many, suite",
                "bench pub --target http://x | --target \"http://x\" is neither millrace://HOST:PORT nor kafka://HOST:PORT",
                "bench pub --property a=b | --property is for targets that begin with kafka://",
                "bench pub --size 0B | --size 0 is less than 1",
                "bench pub --size 1000 | --size: \"1000\" is not a size",
                "bench pub --rate 0 | --rate 0 is less than 1",
                "bench pub --clients 4 --publishers 2 | --publishers 2 is less than --clients 4",
                "bench pub --key-dist normal | --key-dist \"normal\" is unknown; use none, uniform or zipf",
                "bench pub --compression zip | unknown compression 'zip'",
                "bench pub --compressibility 1.5 | --compressibility 1.5 is not between 0 and 1",
                "bench pub --duration unlimited | --duration cannot be unlimited",
                "bench sub --from latest | --from latest has no end of its own. Give --records or --duration",
                "bench sub --from now | --from \"now\" is unknown; use earliest or latest",
                "bench e2e --size 8B | --size 8B is less than the 16 B",
                "bench suite --duration 0s | --duration 0 is less than 1",
                "doctor now | \"now\" is one argument too many",
            })
    void commandsSayWhatIsWrong(String line, String message) {
        saysWhatIsWrong(line, message);
    }

    private static void saysWhatIsWrong(String line, String message) {
        Ran ran = Ran.run(line.isEmpty() ? new String[0] : line.split(" "));
        assertThat(ran.exit()).isEqualTo(2);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).startsWith("error: ").contains(message);
        assertThat(ran.lines()).noneMatch(text -> text.contains("at dev.millrace"));
        assertThat(ran.err().lines().reduce((first, last) -> last))
                .get()
                .asString()
                .startsWith("Try: millrace")
                .endsWith("--help");
    }

    @Test
    void everyCommandHasHelpWithAnExample() {
        for (CommandLine command : allCommands()) {
            String name = command.getCommandSpec().qualifiedName(" ");
            String[] words = name.substring("millrace".length()).strip().split(" ");
            List<String> args = new ArrayList<>(words[0].isEmpty() ? List.of() : List.of(words));
            args.add("--help");
            Ran help = Ran.run(args.toArray(String[]::new));
            assertThat(help.exit()).as(name).isZero();
            assertThat(help.err()).isEmpty();
            if (words[0].equals("help")) continue;
            assertThat(help.out()).as(name).contains("Usage: " + name).containsPattern("Examples?:|A first minute:");
            assertThat(help.out()).contains("--server=", "--output=", "--no-color", "--debug");
            assertThat(help.out().lines()).as(name).allMatch(line -> line.length() <= 120);
        }
    }

    /** The examples of the help texts are understood by the command that shows them. */
    @Test
    void theExamplesAreGoodUsage() {
        CommandLine root = commandLine();
        int examples = 0;
        for (CommandLine command : allCommands()) {
            for (String line : command.getCommandSpec().usageMessage().footer()) {
                String example = line.strip().replaceFirst("^Example: ", "");
                if (!example.startsWith("millrace ")) continue;
                root.parseArgs(words(example.split(" [|>] ")[0]));
                examples++;
            }
        }
        assertThat(examples).isGreaterThan(20);
    }

    @Test
    void helpOfACommandIsAlsoFoundTheOtherWayRound() {
        assertThat(Ran.run("help", "pub").out())
                .isEqualTo(Ran.run("pub", "--help").out());
    }

    @Test
    void globalOptionsCountBeforeAndAfterTheCommand() {
        String after = Ran.run("version", "-o", "json").out();
        assertThat(after).startsWith("{\"version\":");
        assertThat(Ran.run("-o", "json", "version").out()).isEqualTo(after);
        assertThat(Ran.run("-o", "json", "version", "-o", "table").out()).startsWith("millrace ");
        assertThat(Ran.run("--version").out()).isEqualTo(Ran.run("version").out());
    }

    @Test
    void aValueMayLookLikeAnOptionOrAFileOfArguments() throws Exception {
        Path file = Files.writeString(dir.resolve("args"), "--bad");
        assertThat(Ran.run("sub", "a", "--from", "-x").err()).contains("--from: \"-x\" is no position");
        assertThat(Ran.run("pub", "a", "@" + file, "--time", "never").err()).contains("\"never\" is no time");
    }

    @Test
    void coloursAreForTerminalsAndForThoseWhoWantThem() {
        Terminal screen = new Terminal(true, true, true, 100);
        assertThat(new Ran.Setup().terminal(screen).run("--help").out()).contains("\u001b[");
        assertThat(new Ran.Setup().terminal(screen).run("topc").err()).startsWith("\u001b[1;31merror:\u001b[0m ");
        assertThat(Ran.run("--help").out()).doesNotContain("\u001b");
        assertThat(new Ran.Setup().terminal(screen).run("--no-color", "--help").out())
                .doesNotContain("\u001b");
        assertThat(new Ran.Setup()
                        .terminal(screen)
                        .env("NO_COLOR", "1")
                        .run("--help")
                        .out())
                .doesNotContain("\u001b");
        assertThat(new Ran.Setup()
                        .terminal(screen)
                        .env("TERM", "dumb")
                        .run("--help")
                        .out())
                .doesNotContain("\u001b");
    }

    @Test
    void completionKnowsCommandsAndOptions() {
        Ran bash = Ran.run("completion", "bash");
        assertThat(bash.exit()).isZero();
        assertThat(bash.out()).contains("_complete_millrace", "topic create", "--idle-exit", "--key-pointer");
        assertThat(Ran.run("completion", "zsh").out()).contains("compinit");
    }

    static List<CommandLine> allCommands() {
        List<CommandLine> found = new ArrayList<>();
        collect(commandLine(), found);
        return found;
    }

    @Test
    void theQuickOverviewSaysWhatTheWholeTreeDoes() {
        assertThat(CommandRunner.overview(session(), false).getUsageMessage())
                .isEqualTo(commandLine().getUsageMessage());
    }

    private static CommandLine commandLine() {
        return CommandRunner.commandLine(session(), false);
    }

    private static Session session() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        return Session.of(nowhere, nowhere, InputStream.nullInputStream(), Map.of());
    }

    private static void collect(CommandLine command, List<CommandLine> found) {
        found.add(command);
        command.getSubcommands().values().stream().distinct().forEach(child -> collect(child, found));
    }

    /** Splits as a shell would, as far as the examples need it. */
    private static String[] words(String line) {
        List<String> words = new ArrayList<>();
        String[] quoted = line.substring("millrace ".length()).split("'", -1);
        for (int i = 0; i < quoted.length; i++) {
            if (i % 2 == 1) {
                words.add(quoted[i]);
            } else if (!quoted[i].isBlank()) {
                words.addAll(List.of(quoted[i].strip().split(" +")));
            }
        }
        return words.toArray(String[]::new);
    }
}
