import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Writes a JDBC driver that does nothing at once, as source: what remains to be measured above it is the pool and us.
 */
public final class NoOpGenerator {

    private static final String PACKAGE = "io.switchover4j.benchmarks";

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]).resolve(PACKAGE.replace('.', '/'));
        Files.createDirectories(folder);
        for (Class<?> type : List.of(
                Connection.class, DatabaseMetaData.class, Statement.class, PreparedStatement.class, ResultSet.class)) {
            Path file = folder.resolve("NoOp" + type.getSimpleName() + ".java");
            String source = source(type);
            if (!Files.exists(file) || !Files.readString(file).equals(source)) {
                Files.writeString(file, source);
            }
        }
    }

    private static String source(Class<?> type) {
        StringBuilder out = new StringBuilder("package " + PACKAGE + ";\n\n");
        out.append("/** Generated: answers every call at once, with nothing. */\n");
        out.append("@org.jspecify.annotations.NullUnmarked\n@SuppressWarnings(\"deprecation\")\n");
        out.append("final class NoOp").append(type.getSimpleName()).append(" implements ").append(type.getName());
        out.append(" {\n");
        if (type == Connection.class) {
            out.append("    private boolean autoCommit = true;\n");
        }
        List<Method> methods = new ArrayList<>(Arrays.asList(type.getMethods()));
        methods.removeIf(method -> !Modifier.isAbstract(method.getModifiers()));
        methods.sort(Comparator.comparing(Method::toGenericString));
        methods.forEach(method -> out.append(method(method)));
        return out.append("}\n").toString();
    }

    private static String method(Method method) {
        StringBuilder parameters = new StringBuilder();
        int count = 0;
        for (Class<?> parameter : method.getParameterTypes()) {
            parameters.append(parameters.isEmpty() ? "" : ", ");
            parameters.append(parameter.getCanonicalName()).append(" p").append(++count);
        }
        boolean generic = method.getTypeParameters().length > 0;
        String returns = generic ? "T" : method.getReturnType().getCanonicalName();
        return "    public %s%s %s(%s) { %s }\n"
                .formatted(
                        generic ? "<T> " : "",
                        returns,
                        method.getName(),
                        generic ? parameters.toString().replace("java.lang.Class", "java.lang.Class<T>") : parameters,
                        body(method));
    }

    private static String body(Method method) {
        if (method.getName().equals("setAutoCommit")) {
            return "autoCommit = p1;";
        }
        if (method.getName().equals("getAutoCommit")) {
            return "return autoCommit;";
        }
        if (method.getName().equals("getDatabaseProductName")) {
            return "return \"PostgreSQL\";";
        }
        Class<?> returns = method.getReturnType();
        if (returns == String.class) {
            // The watch reads it as the name of a WAL file of timeline 1.
            return "return \"000000010000000000000001\";";
        }
        if (returns == void.class) {
            return "";
        }
        if (returns == boolean.class) {
            boolean yes = List.of("isValid", "next", "isWrapperFor").contains(method.getName());
            return "return " + yes + ";";
        }
        if (List.of(DatabaseMetaData.class, PreparedStatement.class, Statement.class, ResultSet.class)
                .contains(returns)) {
            return "return new NoOp" + returns.getSimpleName() + "();";
        }
        return returns.isPrimitive() ? "return (" + returns + ") 1;" : "return null;";
    }
}
