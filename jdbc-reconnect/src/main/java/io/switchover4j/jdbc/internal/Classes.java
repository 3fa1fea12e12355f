package io.switchover4j.jdbc.internal;

/** Finds out which optional libraries there are. */
final class Classes {

    private Classes() {}

    static boolean isPresent(String className) {
        try {
            Class.forName(className, false, Classes.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }
}
