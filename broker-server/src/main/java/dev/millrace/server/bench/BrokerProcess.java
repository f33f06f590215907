package dev.millrace.server.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/** Finds the process that listens at an address of this machine, where /proc tells. */
final class BrokerProcess {
    private static final String LISTENING = "0A";

    private BrokerProcess() {}

    /** Whether the host is this machine. */
    static boolean isLocal(String host) {
        try {
            InetAddress address = InetAddress.getByName(host);
            return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
        } catch (IOException unknown) {
            return false;
        }
    }

    /** The listener of a TCP port; empty where there is none, or it belongs to somebody else. */
    static OptionalLong listeningAt(int port) {
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            String inode = listeningInode(Path.of(table), port);
            OptionalLong owner = inode == null ? OptionalLong.empty() : owner("socket:[" + inode + "]");
            if (owner.isPresent()) return owner;
        }
        return OptionalLong.empty();
    }

    /** CPU time of a process so far; null where unknown. */
    static Duration cpu(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().totalCpuDuration())
                .orElse(null);
    }

    /** Columns: sl, local_address (hexadecimal address:port), rem_address, st, tx:rx, tr:when, retrnsmt, uid, timeout, inode. */
    private static String listeningInode(Path table, int port) {
        String localEnd = String.format(":%04X", port);
        try {
            for (String line : Files.readAllLines(table)) {
                String[] columns = line.strip().split("\\s+");
                boolean listens = columns.length > 9 && columns[1].endsWith(localEnd) && columns[3].equals(LISTENING);
                if (listens) return columns[9];
            }
        } catch (IOException noProc) {
            return null;
        }
        return null;
    }

    private static OptionalLong owner(String socket) {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (hasOpen(process, socket)) {
                    return OptionalLong.of(Long.parseLong(process.getFileName().toString()));
                }
            }
        } catch (IOException noProc) {
            return OptionalLong.empty();
        }
        return OptionalLong.empty();
    }

    private static boolean hasOpen(Path process, String socket) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                if (Files.readSymbolicLink(descriptor).toString().equals(socket)) return true;
            }
        } catch (IOException notOurs) {
            return false;
        }
        return false;
    }
}
