package io.switchover4j.postgresql;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * The classes of many short-lived JVMs, in a form that they can share: most of what such a process does is to load them. One that
 * lives to its end leaves an archive to those after it, which needs jars instead of directories. Confined to one thread.
 */
final class SharedClasses {

    private final String classPath;
    private final Path archive;

    SharedClasses(Path folder) throws IOException {
        this.archive = folder.resolve("classes.jsa");
        Path jar = folder.resolve("classes.jar");
        List<String> jars = new ArrayList<>(List.of(jar.toString()));
        Set<String> packed = new HashSet<>();
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream zip = new JarOutputStream(out)) {
            zip.setLevel(0);
            for (String entry : SwitchProcess.classPath().split(File.pathSeparator)) {
                if (Files.isDirectory(Path.of(entry))) {
                    pack(Path.of(entry), zip, packed);
                } else if (Files.exists(Path.of(entry))) {
                    jars.add(entry);
                }
            }
        }
        this.classPath = String.join(File.pathSeparator, jars);
    }

    private static void pack(Path directory, JarOutputStream zip, Set<String> packed) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = directory.relativize(file).toString();
                if (packed.add(name)) {
                    zip.putNextEntry(new ZipEntry(name));
                    Files.copy(file, zip);
                    zip.closeEntry();
                }
            }
        }
    }

    /**
     * What to give to the JVM.
     *
     * @param livesToItsEnd whether it may write the archive, which takes it a moment
     */
    List<String> options(boolean livesToItsEnd) {
        List<String> options = new ArrayList<>(List.of("-cp", classPath));
        if (Files.exists(archive)) {
            options.add("-XX:SharedArchiveFile=" + archive);
        } else if (livesToItsEnd) {
            options.add("-XX:ArchiveClassesAtExit=" + archive);
        }
        return options;
    }
}
