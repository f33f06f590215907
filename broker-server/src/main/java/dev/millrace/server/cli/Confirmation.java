package dev.millrace.server.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Asks a person before something is lost. */
final class Confirmation {
    private static final int ANSWER_BYTES_MAX = 100;

    private Confirmation() {}

    /** Whether both ends are a person's: one who reads the question and one who types the answer. */
    static boolean possible(Session session) {
        return session.terminal().in() && session.terminal().err();
    }

    /** @throws CommandFailure where the answer is not yes */
    static void require(Session session, String question) {
        session.err().print(question + " [y/N] ");
        session.err().flush();
        String answer = readLine(session).strip().toLowerCase(Locale.ROOT);
        if (!answer.equals("y") && !answer.equals("yes"))
            throw new CommandFailure("not confirmed. Nothing was changed.");
    }

    private static String readLine(Session session) {
        byte[] bytes = new byte[ANSWER_BYTES_MAX];
        int count = 0;
        try {
            for (int b = session.in().read();
                    b >= 0 && b != '\n' && count < bytes.length;
                    b = session.in().read()) {
                bytes[count++] = (byte) b;
            }
        } catch (IOException e) {
            throw new CommandFailure("the answer cannot be read (" + e.getMessage() + "). Nothing was changed.", e);
        }
        return new String(bytes, 0, count, StandardCharsets.UTF_8);
    }
}
