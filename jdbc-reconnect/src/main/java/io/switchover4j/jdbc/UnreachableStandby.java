package io.switchover4j.jdbc;

/** Whether a healthy primary is used while another node does not answer. */
public enum UnreachableStandby {
    /**
     * It is used. A standby that is down costs nothing; but while a node cannot be asked, it could have been promoted without
     * this application learning of it, so that writes may go to an abandoned primary. Only a fence or synchronous
     * replication closes that window.
     */
    ALLOW,
    /** It is not: units of work wait until every node answers. */
    STOP
}
