package io.switchover4j.examples.operator;

/** The usage text. */
final class Help {

    static final String TEXT = """
            Usage: operator run CONFIG            carry out what waits in the journal, and answer the commands below, until stopped
                   operator CONFIG COMMAND ...    ask the process that runs with this configuration
                   operator demo                  start a real pair of PostgreSQL servers to try the commands on

            Commands:
              instances [ID] [--region REGION]    what there is, how it is, and what waits for it
              preflight ID [OPTIONS]              what a switchover would find and do; changes nothing
              switch ID WHEN [OPTIONS]            exchange primary and standby
              failover ID [FAILOVER OPTIONS]      promote the standby of a primary that is dead or out of reach
              window ID [WINDOW]                  show or set when planned work may start, for example
                                                  window orders "mon,wed 22:00 for 4h Europe/Berlin", or 22:00Z-02:00Z
              cancel ID                           cancel the switchover that runs (before its fence) or waits
              history ID [--last N] [--details]   what was switched, by whom, why, and how long writes paused
              help

            WHEN, for switch:
              --now                               at once; shows the phases, and returns when it has ended
              --in-window                         in the maintenance window: now if it is open, else at its next opening
              --at INSTANT                        at a moment in UTC, for example 2026-03-01T22:00:00Z
              --replace                           in the place of one that waits already
              --if-missed expire|next-opening     what becomes of it if nobody was there at its time (default: expire)

            OPTIONS, for switch and preflight:
              --target NODE                       default: the healthiest standby
              --expect-primary NODE               refuse if another node is primary when it starts
              --drain-timeout DURATION            for example 500ms, 2s, 1m
              --on-drain-timeout abort|cut
              --pause-budget DURATION             roll back if writes would pause longer
              --max-lag BYTES

            FAILOVER OPTIONS:
              --accept-loss BYTES|unlimited       the loss that you accept; preflight ID --failover shows the estimate
              --even-if-primary-answers
              --target NODE

            Both: --by NAME (default: your login), --reason TEXT

            Exit codes: 0 done; 1 refused or given up, the old primary is primary as before; 2 the command or the configuration is
            wrong; 3 nodes or journal could not be asked; 4 look at the nodes; 5 no coordinator runs with this configuration.

            CONFIG is a properties file; relative paths count from its folder:
              journal = /var/lib/switchover4j/journal
              user = postgres
              passwordFile = /etc/switchover4j/password
              instances = orders
              orders.region = eu-central-1
              orders.nodes = a b
              orders.a.zone = rack-1
              orders.a.endpoint = 127.0.0.1:5432
              orders.a.data = /var/lib/postgresql/18/a
              orders.a.start = setsid /usr/lib/postgresql/18/bin/postgres -D /var/lib/postgresql/18/a
              orders.a.log = /var/log/postgresql/a.log
              (the same for b; optional: database, orders.a.rewind, orders.a.environment.NAME)

            One process, "run", holds the journal: a switchover that waits needs somebody who is there when its time comes, and
            takes up what a crash has interrupted. Other commands return at once without it, with exit code 5.
            """;

    private Help() {}
}
