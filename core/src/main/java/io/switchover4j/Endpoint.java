package io.switchover4j;

import io.switchover4j.spi.Names;

/** A host name or address and a TCP port. Immutable. */
public record Endpoint(String host, int port) {

    /**
     * @throws IllegalArgumentException if the host is blank or contains control characters, or the port is not in 1..65535
     */
    public Endpoint {
        Names.require("host of an endpoint", host);
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException(
                    "The port of endpoint '%s' is %d, not in 1..65535".formatted(host, port));
        }
    }

    @Override
    public String toString() {
        return host.indexOf(':') < 0 ? host + ':' + port : '[' + host + "]:" + port;
    }
}
