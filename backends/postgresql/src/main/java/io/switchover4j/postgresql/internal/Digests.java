package io.switchover4j.postgresql.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Stable numbers made of names. */
final class Digests {

    private Digests() {}

    /** The key of the advisory lock on an instance; the same in every process and version. */
    static long lockKey(String instanceId) {
        return ByteBuffer.wrap(sha256("switchover4j/" + instanceId)).getLong();
    }

    static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("Every Java platform has SHA-256", e);
        }
    }
}
