package dev.millrace.faults;

import dev.millrace.system.Daemon;
import dev.millrace.system.Distribution;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A broker to be compared: its processes have their data on the disk, whose power can be cut, and all else beside it. */
public abstract class PeerServer {
    private static final long READY_MAX_SECONDS = 180;
    static final Path PEERS_CLASS_PATH = Path.of("src/peers/target/peers.classpath");

    final Path disk;
    final Path home;
    final int port = freePort();
    private final List<Process> processes = new ArrayList<>();

    /** @param home a directory outside the disk, for settings and the log */
    PeerServer(Path disk, Path home) {
        this.disk = disk;
        this.home = home;
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Host and port for clients. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    /** What its processes print. */
    public final Path log() {
        return home.resolve("server.log");
    }

    /** What is done once, before the first start. */
    public void prepare() throws Exception {}

    /** The server's process. */
    abstract ProcessBuilder command() throws Exception;

    /** The command of the client, without its verb. */
    abstract Client client() throws Exception;

    /** Starts; false where the server is not reachable in time or ends. */
    public boolean start() throws Exception {
        return awaitReady(launch(command()));
    }

    /** The process that serves, the last that was launched. */
    public Process process() {
        return processes.get(processes.size() - 1);
    }

    /** Every broker gets the same time, also ours. */
    final boolean awaitReady(Process server) throws Exception {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_MAX_SECONDS);
        while (server.isAlive() && System.nanoTime() < deadlineNanos) {
            if (isReady()) {
                return true;
            }
            server.waitFor(10, TimeUnit.MILLISECONDS);
        }
        return false;
    }

    final Process launch(ProcessBuilder builder) throws IOException {
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .start();
        processes.add(process);
        return process;
    }

    /** True where it accepts connections. */
    boolean isReady() throws Exception {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    /** SIGKILL to all that was started; returns when they are gone. */
    public void kill() throws Exception {
        for (Process process : processes) {
            List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
            all.add(process.toHandle());
            all.forEach(ProcessHandle::destroyForcibly);
            for (ProcessHandle each : all) {
                each.onExit().get(20, TimeUnit.SECONDS);
            }
        }
        processes.clear();
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    public static String peersClassPath() throws IOException {
        return Files.readString(PEERS_CLASS_PATH).strip();
    }

    /** A client program and what it is given after its verb. */
    record Client(List<String> program, List<String> arguments) {
        /** A single source file beside Millrace's build, which the Java launcher compiles in memory. */
        static Client ofSource(String name, String... arguments) throws Exception {
            Path classes = Path.of(PeerLoop.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            String classPath = classes + File.pathSeparator + peersClassPath();
            return new Client(
                    List.of(java(), "-Xmx256m", "-cp", classPath, "src/peers/" + name + ".java"), List.of(arguments));
        }

        ProcessBuilder command(String verb) {
            List<String> command = new ArrayList<>(program);
            command.add(verb);
            command.addAll(arguments);
            return new ProcessBuilder(command);
        }
    }

    /** Millrace as it comes: an acknowledged record was synced. */
    public static final class Millrace extends PeerServer {
        private final Daemon daemon;

        public Millrace(Path disk, Path home) {
            super(disk, home);
            daemon = new Daemon(Distribution.underTest(), disk);
        }

        /** @param jvmOptions as the launcher takes them, after its own */
        public Millrace(Path disk, Path home, String jvmOptions) {
            this(disk, home);
            daemon.environment("MILLRACE_JAVA_OPTS", jvmOptions);
        }

        @Override
        public String address() {
            return daemon.server();
        }

        /** Where its REST interface and its schema registry are. */
        public String httpUrl() {
            return daemon.httpUrl();
        }

        @Override
        public Process process() {
            return daemon.process();
        }

        @Override
        ProcessBuilder command() {
            throw new UnsupportedOperationException("the daemon starts itself");
        }

        @Override
        public boolean start() throws Exception {
            daemon.launch();
            return awaitReady(daemon.process());
        }

        @Override
        boolean isReady() throws Exception {
            return daemon.statusOf("/health/ready") == 200;
        }

        @Override
        public void kill() throws Exception {
            if (daemon.process() != null) {
                daemon.kill();
            }
        }

        @Override
        Client client() {
            List<String> program = List.of(
                    java(), "-Xmx256m", "-cp", System.getProperty("java.class.path"), MillracePeer.class.getName());
            return new Client(program, List.of(daemon.server()));
        }
    }

    /** Kafka, broker and controller in one process, with the settings of config/server.properties of its distribution. */
    public static final class Kafka extends PeerServer {
        private static final byte[] API_VERSIONS_REQUEST = {0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, -1, -1};

        private final int controllerPort = freePort();
        private final List<String> jvmOptions;
        private final List<String> moreSettings;

        Kafka(Path disk, Path home) {
            this(disk, home, List.of("-Xmx512m"), List.of());
        }

        /** @param moreSettings lines of server.properties */
        public Kafka(Path disk, Path home, List<String> jvmOptions, List<String> moreSettings) {
            super(disk, home);
            this.jvmOptions = jvmOptions;
            this.moreSettings = moreSettings;
        }

        /** True where it answers a request: its port accepts connections long before. */
        @Override
        boolean isReady() {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
                socket.setSoTimeout(1000);
                socket.getOutputStream().write(API_VERSIONS_REQUEST);
                return socket.getInputStream().read() >= 0;
            } catch (IOException notYet) {
                return false;
            }
        }

        @Override
        public void prepare() throws Exception {
            Files.writeString(
                    settings(),
                    String.join(
                            "\n",
                            "process.roles=broker,controller",
                            "node.id=1",
                            "controller.quorum.bootstrap.servers=127.0.0.1:" + controllerPort,
                            "listeners=PLAINTEXT://" + address() + ",CONTROLLER://127.0.0.1:" + controllerPort,
                            "controller.listener.names=CONTROLLER",
                            "log.dirs=" + disk.resolve("kafka"),
                            "offsets.topic.replication.factor=1",
                            "share.coordinator.state.topic.replication.factor=1",
                            "share.coordinator.state.topic.min.isr=1",
                            "transaction.state.log.replication.factor=1",
                            "transaction.state.log.min.isr=1",
                            String.join("\n", moreSettings)));
            Process format = launch(program(
                    "kafka.tools.StorageTool",
                    "format",
                    "--standalone",
                    "-t",
                    "AAAAAAAAQACAAAAAAAAAAQ",
                    "-c",
                    settings().toString()));
            if (format.waitFor() != 0) {
                throw new IllegalStateException(Files.readString(log()));
            }
        }

        private Path settings() {
            return home.resolve("server.properties");
        }

        private ProcessBuilder program(String... arguments) throws IOException {
            List<String> command = new ArrayList<>(List.of(java()));
            command.addAll(jvmOptions);
            command.addAll(List.of("-cp", peersClassPath()));
            command.addAll(List.of(arguments));
            return new ProcessBuilder(command);
        }

        @Override
        ProcessBuilder command() throws Exception {
            return program("kafka.Kafka", settings().toString());
        }

        @Override
        Client client() throws Exception {
            return Client.ofSource("KafkaPeer", address());
        }
    }

    /** NATS with JetStream switched on and no other setting. */
    static final class Nats extends PeerServer {
        static final Path PROGRAM = Path.of("/usr/sbin/nats-server");

        Nats(Path disk, Path home) {
            super(disk, home);
        }

        @Override
        ProcessBuilder command() {
            return new ProcessBuilder(
                    PROGRAM.toString(),
                    "-js",
                    "-sd",
                    disk.resolve("nats").toString(),
                    "-a",
                    "127.0.0.1",
                    "-p",
                    Integer.toString(port));
        }

        @Override
        Client client() throws Exception {
            return Client.ofSource("NatsPeer", address());
        }
    }

    /** RabbitMQ without any settings but places and ports. */
    static final class Rabbit extends PeerServer {
        static final Path PROGRAM = Path.of("/usr/lib/rabbitmq/bin/rabbitmq-server");

        private final String queueType;
        private final int namesPort = freePort();
        private final int distributionPort = freePort();

        /** @param queueType classic or quorum */
        Rabbit(Path disk, Path home, String queueType) {
            super(disk, home);
            this.queueType = queueType;
        }

        /** Erlang's name server is started here, so that none stays behind as a daemon. */
        @Override
        public boolean start() throws Exception {
            launch(new ProcessBuilder("epmd", "-address", "127.0.0.1", "-port", Integer.toString(namesPort)));
            return super.start();
        }

        @Override
        ProcessBuilder command() throws Exception {
            ProcessBuilder builder = new ProcessBuilder(PROGRAM.toString());
            builder.environment().put("HOME", home.toString());
            builder.environment().put("ERL_EPMD_ADDRESS", "127.0.0.1");
            builder.environment().put("ERL_EPMD_PORT", Integer.toString(namesPort));
            builder.environment().put("RABBITMQ_NODENAME", "peer@localhost");
            builder.environment().put("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1");
            builder.environment().put("RABBITMQ_NODE_PORT", Integer.toString(port));
            builder.environment().put("RABBITMQ_DIST_PORT", Integer.toString(distributionPort));
            builder.environment()
                    .put("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}");
            builder.environment()
                    .put("RABBITMQ_MNESIA_BASE", disk.resolve("rabbit").toString());
            builder.environment().put("RABBITMQ_LOG_BASE", home.toString());
            builder.environment().put("RABBITMQ_LOGS", "-");
            builder.environment().put("RABBITMQ_PID_FILE", home.resolve("pid").toString());
            builder.environment()
                    .put("RABBITMQ_CONFIG_FILE", home.resolve("rabbitmq").toString());
            builder.environment()
                    .put(
                            "RABBITMQ_ENABLED_PLUGINS_FILE",
                            home.resolve("plugins").toString());
            return builder;
        }

        @Override
        Client client() throws Exception {
            return Client.ofSource("RabbitPeer", address(), queueType);
        }
    }
}
