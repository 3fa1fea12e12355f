package io.switchover4j.jdbc.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.SwitchoverReport;
import io.switchover4j.testkit.Bank;
import io.switchover4j.testkit.BankReport;
import io.switchover4j.testkit.BankRun;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** "Switching disconnects briefly; have reconnection." */
@Timeout(120)
class SwitchingDisconnectsBrieflyHaveReconnectionIT {

    @Test
    void anApplicationUnderLoadSeesAPauseAndNoError() throws Exception {
        try (Shop shop = new Shop()) {
            Bank bank = Bank.builder(shop.dataSource).build();
            bank.createSchema(shop.dataSource);
            BankReport seen;
            try (BankRun run = bank.start()) {
                awaitCommits(run);
                SwitchoverReport report = shop.switchOver();
                awaitCommits(run);
                run.stop();
                assertThat(report.hold()).isPresent();
                seen = run.reconcile(shop.pair.primary().dataSource(shop.pair.application()));
            }

            assertThat(seen.isFlawless()).as(seen.toString()).isTrue();
        }
    }

    private static void awaitCommits(BankRun run) {
        assertThat(run.awaitCommits(200, Duration.ofSeconds(40)))
                .as("commits go on")
                .isTrue();
    }
}
