package io.switchover4j.testkit;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server programs, unpacked once per version into a folder that all JVMs of this user share. Immutable.
 *
 * <p>The archive's name does not carry its version, so the folder is named by the archive's content.
 */
final class Binaries {

    private static final Logger log = LoggerFactory.getLogger(Binaries.class);
    // Reading an archive takes longer than anything else that starts a pair.
    private static final Map<String, String> FINGERPRINTS = new ConcurrentHashMap<>();

    private final Path folder;
    private final String fingerprint;

    private Binaries(Path folder, String fingerprint) {
        this.folder = folder;
        this.fingerprint = fingerprint;
    }

    /** Tells server versions and builds apart. */
    String fingerprint() {
        return fingerprint;
    }

    Path postgres() {
        return folder.resolve("bin/postgres");
    }

    Path initdb() {
        return folder.resolve("bin/initdb");
    }

    /** Finds the archive on the class path or module path and unpacks it below {@code cache} if that was not done yet. */
    static Binaries unpackedIn(Path cache) {
        Platform platform = Platform.current();
        // Class.getResource does not leave its own module; the loader looks everywhere.
        URL archive = Binaries.class.getClassLoader().getResource(platform.resource());
        if (archive == null) {
            throw new PairException(
                    "No server binaries: '%s' is not on the class path. Add the dependency %s in the version of the server"
                            .formatted(platform.resource(), platform.artifact()));
        }
        try {
            String fingerprint = FINGERPRINTS.get(archive.toString());
            if (fingerprint == null) {
                fingerprint = fingerprint(archive);
                FINGERPRINTS.put(archive.toString(), fingerprint);
            }
            return new Binaries(
                    CachedFolder.filled(cache, fingerprint, folder -> unpack(archive, folder)), fingerprint);
        } catch (IOException e) {
            throw new PairException("Could not unpack the server binaries below '%s': %s".formatted(cache, e), e);
        }
    }

    private static String fingerprint(URL archive) throws IOException {
        try (DigestInputStream in = new DigestInputStream(archive.openStream(), MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(in.getMessageDigest().digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256", e);
        }
    }

    private static void unpack(URL archive, Path folder) throws IOException {
        long began = System.nanoTime();
        try (InputStream raw = new BufferedInputStream(archive.openStream(), 1 << 16);
                TarArchiveInputStream tar = new TarArchiveInputStream(new XZCompressorInputStream(raw))) {
            TarArchiveEntry entry;
            while ((entry = tar.getNextEntry()) != null) {
                unpackEntry(tar, entry, folder);
            }
        }
        log.info("Unpacked server binaries into {} in {} ms", folder, (System.nanoTime() - began) / 1_000_000);
    }

    private static void unpackEntry(TarArchiveInputStream tar, TarArchiveEntry entry, Path into) throws IOException {
        Path target = into.resolve(entry.getName()).normalize();
        if (!target.startsWith(into)) {
            throw new IOException("The archive holds '%s', which leads out of its folder".formatted(entry.getName()));
        }
        if (entry.isDirectory()) {
            Files.createDirectories(target);
            return;
        }
        Files.createDirectories(target.getParent());
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
            Files.createLink(target, into.resolve(entry.getLinkName()).normalize());
        } else {
            Files.copy(tar, target);
            boolean executable = (entry.getMode() & 0100) != 0;
            Files.setPosixFilePermissions(
                    target, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
        }
    }
}
