package io.switchover4j.internal.journal;

import io.switchover4j.TimeSource;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Where a file journal lies, and what it keeps.
 *
 * @param history how long what has ended is kept at least
 * @param compactAbove the length in bytes below which a file is left as it is
 */
public record JournalSettings(Path directory, Duration history, long compactAbove, TimeSource timeSource) {}
