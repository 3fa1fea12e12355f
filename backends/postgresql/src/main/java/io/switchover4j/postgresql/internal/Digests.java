package io.switchover4j.postgresql.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Stable numbers made of names. */
final class Digests {

    private Digests() {}

    /**
     * The key of the advisory lock on a server; the same in every process and version. No instance id is part of it: who
     * knows the pair by another name must be refused too.
     */
    static long lockKey() {
        return ByteBuffer.wrap(sha256("switchover4j")).getLong();
    }

    static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("Every Java platform has SHA-256", e);
        }
    }
}
