package io.switchover4j.testkit;

/** What the nodes of a pair share. Immutable. */
record PairContext(PairFolder folder, Binaries binaries, RunAs runAs, PairOptions options, Accounts accounts) {}
