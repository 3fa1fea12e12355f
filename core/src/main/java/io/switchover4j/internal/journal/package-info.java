/** The journal in a directory: its file format, its index, its compaction, and the lock that keeps other processes out. */
@NullMarked
package io.switchover4j.internal.journal;

import org.jspecify.annotations.NullMarked;
