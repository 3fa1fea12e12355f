/** What the library costs, as ratios to the pool alone in the same run. */
@NullMarked
package io.switchover4j.benchmarks;

import org.jspecify.annotations.NullMarked;
