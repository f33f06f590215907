package dev.millrace.mutants;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * What came out of one layer.
 *
 * @param skipped it could not run on this machine
 */
record LayerRun(boolean passed, boolean skipped, List<Throwable> failures) {
    private static final long SECONDS_MAX = 180;

    /** Runs the layer as {@code broker} has it. Fails: AssertionError where it does not end. */
    static LayerRun of(Layer layer, BrokenBroker broker) throws Exception {
        FutureTask<LayerRun> run = new FutureTask<>(() -> launch(layer, broker));
        Thread thread = new Thread(run, "mutant");
        thread.setContextClassLoader(broker);
        thread.setDaemon(true);
        thread.start();
        try {
            return run.get(SECONDS_MAX, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            AssertionError hangs = new AssertionError(layer + " did not end within " + SECONDS_MAX + " s");
            hangs.setStackTrace(thread.getStackTrace());
            throw hangs;
        }
    }

    private static LayerRun launch(Layer layer, BrokenBroker broker) {
        LauncherConfig alone = LauncherConfig.builder()
                .enableLauncherSessionListenerAutoRegistration(false)
                .enableLauncherDiscoveryListenerAutoRegistration(false)
                .enablePostDiscoveryFilterAutoRegistration(false)
                .enableTestExecutionListenerAutoRegistration(false)
                .build();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectMethod(broker, layer.fullName()))
                .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create(alone).execute(request, listener);
        TestExecutionSummary summary = listener.getSummary();
        List<Throwable> failures = new ArrayList<>();
        summary.getFailures().forEach(failure -> failures.add(failure.getException()));
        boolean passed = failures.isEmpty()
                && summary.getTestsSucceededCount() > 0
                && summary.getTestsSucceededCount() == summary.getTestsFoundCount();
        return new LayerRun(passed, summary.getTestsAbortedCount() > 0, failures);
    }

    /** All that the failures say, causes included. */
    String text() {
        StringBuilder text = new StringBuilder();
        for (Throwable failure : failures) {
            for (Throwable each = failure; each != null; each = each.getCause()) {
                text.append(each).append('\n');
            }
        }
        return text.toString();
    }

    /** A failure of the machinery: a class that does not fit the others says nothing about the broker. */
    boolean isBrokenBuild() {
        for (Throwable failure : failures) {
            for (Throwable each = failure; each != null; each = each.getCause()) {
                if (each instanceof LinkageError || each instanceof ReflectiveOperationException) {
                    return true;
                }
            }
        }
        return false;
    }
}
