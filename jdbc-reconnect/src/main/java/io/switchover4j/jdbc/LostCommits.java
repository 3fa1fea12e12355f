package io.switchover4j.jdbc;

/**
 * Commits that this process had acknowledged to the application and that the new primary does not have. Immutable.
 *
 * @param dataSource the name of the DataSource
 * @param node the new primary's name
 * @param atLeast how many are missing for certain; those of slots that were cleaned up meanwhile are not counted
 */
public record LostCommits(String dataSource, String node, long atLeast) {}
