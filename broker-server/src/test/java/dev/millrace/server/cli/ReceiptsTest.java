package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.MillraceException;
import dev.millrace.client.Receipt;
import dev.millrace.core.error.Fault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReceiptsTest {
    private static final long WAIT_MS = 20_000;

    @Test
    void printsInTheOrderOfAcknowledgementAndNothingElse() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Receipts receipts = new Receipts(new StandardOutput(out))) {
            for (int i = 0; i < 3; i++) receipts.sent(10);
            assertThat(out.size()).isZero();
            receipts.settle(2, 10, receipt(5, 100), null);
            receipts.settle(1, 10, receipt(3, 4711), null);
            receipts.settle(3, 10, null, new MillraceException(Fault.TIMED_OUT, "late"));
            assertThat(receipts.awaitSettled(WAIT_MS)).isTrue();
        }
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("""
                {"line":2,"partition":5,"offset":100}
                {"line":1,"partition":3,"offset":4711}
                """);
    }

    @Test
    void everyWriteToTheSystemEndsWithALine() throws Exception {
        List<byte[]> writes = new ArrayList<>();
        OutputStream system = new OutputStream() {
            @Override
            public void write(int b) {
                throw new AssertionError("byte by byte");
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
                writes.add(Arrays.copyOfRange(bytes, offset, offset + length));
            }
        };
        try (Receipts receipts = new Receipts(new StandardOutput(system))) {
            for (int i = 0; i < 10_000; i++) receipts.sent(1);
            for (int line = 1; line <= 10_000; line++) receipts.settle(line, 1, receipt(1, line), null);
            assertThat(receipts.awaitSettled(WAIT_MS)).isTrue();
        }
        assertThat(writes).allMatch(bytes -> bytes.length <= 4096 && bytes[bytes.length - 1] == '\n');
        assertThat(writes.stream().mapToInt(bytes -> bytes.length).sum()).isGreaterThan(300_000);
    }

    @Test
    void knowsTheFirstLineWithoutAcknowledgement() {
        Receipts receipts = new Receipts(null);
        for (int i = 0; i < 5; i++) receipts.sent(1);
        receipts.settle(2, 1, receipt(0, 0), null);
        assertThat(receipts.doneUpTo()).isZero();
        receipts.settle(1, 1, receipt(0, 1), null);
        assertThat(receipts.doneUpTo()).isEqualTo(2);
        receipts.skipped(3);
        receipts.settle(5, 1, receipt(0, 2), null);
        assertThat(receipts.doneUpTo()).isEqualTo(3);
        receipts.settle(4, 1, null, new MillraceException(Fault.TIMED_OUT, "late"));
        assertThat(receipts.doneUpTo()).isEqualTo(3);
        assertThat(receipts.failedLine()).isEqualTo(4);
        assertThat(receipts.acknowledged()).isEqualTo(3);
        assertThat(receipts.healthy()).isFalse();
    }

    @Test
    void hasRoomForABoundedAmountInFlight() throws Exception {
        Receipts receipts = new Receipts(null);
        int sent = 0;
        while (receipts.awaitRoom(1) && sent < 1000) {
            receipts.sent(1 << 20);
            sent++;
        }
        assertThat(sent).isEqualTo(16);
        receipts.settle(1, 1 << 20, receipt(0, 0), null);
        assertThat(receipts.awaitRoom(1)).isTrue();
    }

    @Test
    void stopsWhereTheReaderHasGone() throws Exception {
        OutputStream gone = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        try (Receipts receipts = new Receipts(new StandardOutput(gone))) {
            receipts.sent(1);
            receipts.settle(1, 1, receipt(0, 0), null);
            assertThat(receipts.awaitSettled(WAIT_MS)).isTrue();
            assertThat(receipts.healthy()).isFalse();
            assertThat(receipts.outputFailure()).hasMessageContaining("reader of standard output has gone");
        }
    }

    private static Receipt receipt(int partition, long offset) {
        return new Receipt("t", partition, offset, 0, false);
    }
}
