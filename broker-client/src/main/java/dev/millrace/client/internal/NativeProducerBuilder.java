package dev.millrace.client.internal;

import dev.millrace.client.Producer;
import dev.millrace.client.ProducerBuilder;
import dev.millrace.core.record.Codecs;
import dev.millrace.core.record.Compression;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;

final class NativeProducerBuilder implements ProducerBuilder {
    private final Function<ProducerOptions, Producer> opener;
    private Duration linger;
    private int batchBytes = 64 << 10;
    private Compression compression = Compression.NONE;
    private long bufferBytes = 64 << 20;
    private Duration blockTimeout;
    private Duration deliveryTimeout;
    private boolean idempotent = true;

    NativeProducerBuilder(Duration requestTimeout, Function<ProducerOptions, Producer> opener) {
        this.deliveryTimeout = requestTimeout;
        this.opener = opener;
    }

    @Override
    public ProducerBuilder linger(Duration linger) {
        this.linger = Checks.notNegative("linger", linger);
        return this;
    }

    @Override
    public ProducerBuilder batchSize(int bytes) {
        this.batchBytes = Checks.range("batchSize", bytes, 1, 16 << 20);
        return this;
    }

    @Override
    public ProducerBuilder compression(Compression compression) {
        this.compression = Objects.requireNonNull(compression, "compression");
        return this;
    }

    @Override
    public ProducerBuilder bufferSize(long bytes) {
        this.bufferBytes = Checks.atLeast("bufferSize", bytes, 1);
        return this;
    }

    @Override
    public ProducerBuilder blockTimeout(Duration timeout) {
        this.blockTimeout = Checks.notNegative("blockTimeout", timeout);
        return this;
    }

    @Override
    public ProducerBuilder deliveryTimeout(Duration timeout) {
        this.deliveryTimeout = Checks.positive("deliveryTimeout", timeout);
        return this;
    }

    @Override
    public ProducerBuilder idempotent(boolean idempotent) {
        this.idempotent = idempotent;
        return this;
    }

    @Override
    public Producer build() {
        if (compression != Compression.NONE) {
            // A missing library shows here, not at the first publish.
            Codecs.of(compression);
        }
        Duration block = blockTimeout == null ? deliveryTimeout : blockTimeout;
        return opener.apply(new ProducerOptions(
                linger == null ? -1 : linger.toNanos(),
                batchBytes,
                compression,
                bufferBytes,
                block.toNanos(),
                deliveryTimeout.toNanos(),
                idempotent));
    }
}
