package dev.millrace.server.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace completion}: the script with which a shell completes this command's words. */
@Command(
        name = "completion",
        abbreviateSynopsis = true,
        description = "Print the completion script of a shell.",
        footer = {
            "",
            "Examples:",
            "  bash, in this shell:    source <(millrace completion bash)",
            "  bash, for good:         millrace completion bash > ~/.local/share/bash-completion/completions/millrace",
            "  zsh, in ~/.zshrc:       source <(millrace completion zsh)"
        })
final class CompletionCommand implements Callable<Integer> {
    private final Session session;

    /** The shells that read the script. */
    enum Shell {
        bash,
        zsh
    }

    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    @Parameters(paramLabel = "SHELL", description = "bash or zsh.")
    private Shell shell;

    CompletionCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        // One script serves both: it asks which shell reads it.
        session.out().print(AutoComplete.bash("millrace", spec.root().commandLine()));
        return CommandRunner.OK;
    }
}
