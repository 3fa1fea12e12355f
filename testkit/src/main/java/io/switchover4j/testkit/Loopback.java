package io.switchover4j.testkit;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** The address on which everything of this kit listens; IPv4, whatever the JVM prefers. */
final class Loopback {

    static final String HOST = "127.0.0.1";
    static final InetAddress ADDRESS = address();

    private Loopback() {}

    private static InetAddress address() {
        try {
            return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        } catch (UnknownHostException e) {
            throw new IllegalStateException("Four bytes are an address", e);
        }
    }
}
