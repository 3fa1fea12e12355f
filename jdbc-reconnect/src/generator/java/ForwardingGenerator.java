import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.RoundEnvironment;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.ElementFilter;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * Writes the classes that forward each method of a JDBC interface, as source.
 *
 * <p>The interfaces are those of Java 17, whatever JDK runs this: the compiler shows them under {@code --release 17}.
 * Default methods are forwarded like all others. A method that cannot throw SQLException stays abstract.
 */
public final class ForwardingGenerator {

    private static final String PACKAGE = "io.switchover4j.jdbc.internal";

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]).resolve(PACKAGE.replace('.', '/'));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        var task = compiler.getTask(
                null, null, null, List.of("--release", "17", "-proc:only"), List.of("java.sql.Connection"), null);
        var reader = new Reader();
        task.setProcessors(List.of(reader));
        if (!task.call() || reader.sources.isEmpty()) {
            throw new IllegalStateException("The JDBC interfaces of Java 17 could not be read");
        }
        Files.createDirectories(folder);
        for (var source : reader.sources.entrySet()) {
            Path file = folder.resolve(source.getKey() + ".java");
            // A file that did not change keeps its time, so that Maven has nothing to compile again.
            if (!Files.exists(file) || !Files.readString(file).equals(source.getValue())) {
                Files.writeString(file, source.getValue());
            }
        }
    }

    private static final class Reader extends AbstractProcessor {

        final TreeMap<String, String> sources = new TreeMap<>();

        @Override
        public Set<String> getSupportedAnnotationTypes() {
            return Set.of("*");
        }

        @Override
        public SourceVersion getSupportedSourceVersion() {
            return SourceVersion.latest();
        }

        @Override
        public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
            if (sources.isEmpty()) {
                for (Forwarding forwarding : Forwarding.values()) {
                    sources.put(forwarding.className(), source(forwarding));
                }
            }
            return false;
        }

        private String source(Forwarding forwarding) {
            TypeElement type = processingEnv.getElementUtils().getTypeElement("java.sql." + forwarding.jdbc);
            var methods = new TreeMap<String, ExecutableElement>();
            collect(type, forwarding, methods);
            var out = new StringBuilder();
            out.append("package ").append(PACKAGE).append(";\n\n");
            out.append("/** Generated: forwards each method of {@link java.sql.").append(forwarding.jdbc);
            out.append("}; hand-written subclasses override what has behaviour. */\n");
            out.append("@org.jspecify.annotations.NullUnmarked\n");
            out.append("@SuppressWarnings({\"deprecation\", \"overloads\"})\n");
            out.append("abstract class ").append(forwarding.className());
            if (!forwarding.parent.isEmpty()) {
                out.append(" extends ").append(forwarding.parent);
            }
            out.append(" implements java.sql.").append(forwarding.jdbc).append(" {\n");
            out.append(forwarding.members.indent(4));
            for (ExecutableElement method : methods.values()) {
                if (method.getThrownTypes().stream().anyMatch(t -> t.toString().equals("java.sql.SQLException"))) {
                    out.append('\n').append(method(forwarding, new Method(method)).indent(4));
                }
            }
            return out.append("}\n").toString();
        }

        /** The methods to forward by signature; those that the superclass forwards already are left out. */
        private void collect(TypeElement type, Forwarding forwarding, TreeMap<String, ExecutableElement> methods) {
            for (ExecutableElement method : ElementFilter.methodsIn(type.getEnclosedElements())) {
                if (!method.getModifiers().contains(Modifier.STATIC)) {
                    methods.putIfAbsent(method.toString(), method);
                }
            }
            for (TypeMirror parent : type.getInterfaces()) {
                TypeElement element = (TypeElement) ((DeclaredType) parent).asElement();
                if (element.getKind() == ElementKind.INTERFACE
                        && !forwarding.inherits(element.getSimpleName().toString())) {
                    collect(element, forwarding, methods);
                }
            }
        }
    }

    /** One generated class: its interface, superclass and the members its methods lean on. */
    private enum Forwarding {
        CONNECTION("Connection", "Calls", """
                ForwardingConnection(Traffic traffic) {
                    super(traffic);
                }

                abstract java.sql.Connection enter() throws java.sql.SQLException;
                abstract java.sql.Connection enterAgain(java.sql.SQLException e) throws java.sql.SQLException;
                abstract void leave();
                """),
        DATABASE_META_DATA("DatabaseMetaData", "", """
                abstract java.sql.DatabaseMetaData enter() throws java.sql.SQLException;
                abstract java.sql.DatabaseMetaData enterAgain(java.sql.SQLException e) throws java.sql.SQLException;
                abstract void leave();
                abstract java.sql.ResultSet results(java.sql.ResultSet results);
                """),
        RESULT_SET("ResultSet", "", """
                abstract java.sql.ResultSet physical() throws java.sql.SQLException;
                abstract java.sql.SQLException failed(java.sql.SQLException e);
                /** A value is read that lives on the server. */
                abstract void locatorRead();
                """),
        STATEMENT("Statement", "", """
                abstract java.sql.Statement physical() throws java.sql.SQLException;
                abstract java.sql.SQLException failed(java.sql.SQLException e);
                abstract boolean takeTurn() throws java.sql.SQLException;
                abstract void giveTurn(boolean taken);
                abstract java.sql.Statement begin(String sql, Call call) throws java.sql.SQLException;
                abstract java.sql.Statement begin(String sql, Call call, Object keys) throws java.sql.SQLException;
                abstract java.sql.Statement beginBatch() throws java.sql.SQLException;
                abstract java.sql.Statement again(java.sql.SQLException e) throws java.sql.SQLException;
                abstract void broken();
                /** The call came back without an error; what is thrown here decides about it as if the call had. */
                abstract void answered() throws java.sql.SQLException;
                abstract java.sql.ResultSet ended(java.sql.ResultSet result) throws java.sql.SQLException;
                abstract boolean ended(boolean result) throws java.sql.SQLException;
                abstract int ended(int result) throws java.sql.SQLException;
                abstract long ended(long result) throws java.sql.SQLException;
                abstract int[] ended(int[] result) throws java.sql.SQLException;
                abstract long[] ended(long[] result) throws java.sql.SQLException;
                """),
        PREPARED_STATEMENT("PreparedStatement", "LogicalStatement", """
                ForwardingPreparedStatement(LogicalConnection connection, StatementForm form) {
                    super(connection, form);
                }

                @Override abstract java.sql.PreparedStatement physical() throws java.sql.SQLException;
                /** The physical statement if calls need not wait for one, else null. */
                abstract java.sql.PreparedStatement current() throws java.sql.SQLException;
                abstract Parameters parameters();
                /** How much is kept of a stream that the driver reads. */
                abstract int spoolLimit();
                abstract java.sql.PreparedStatement begin(Call call) throws java.sql.SQLException;
                """),
        CALLABLE_STATEMENT("CallableStatement", "LogicalPreparedStatement", """
                ForwardingCallableStatement(LogicalConnection connection, StatementForm form, String sql) {
                    super(connection, form, sql);
                }

                @Override abstract java.sql.CallableStatement physical() throws java.sql.SQLException;
                @Override abstract java.sql.CallableStatement current() throws java.sql.SQLException;
                /** The physical statement that was executed last. */
                abstract java.sql.CallableStatement executed() throws java.sql.SQLException;
                abstract void remember(Object parameter, boolean once, NamedParameter setting) throws java.sql.SQLException;
                """);

        final String jdbc;
        final String parent;
        final String members;

        Forwarding(String jdbc, String parent, String members) {
            this.jdbc = jdbc;
            this.parent = parent;
            this.members = members;
        }

        String className() {
            return "Forwarding" + jdbc;
        }

        boolean inherits(String type) {
            return switch (this) {
                case PREPARED_STATEMENT -> type.equals("Statement");
                case CALLABLE_STATEMENT -> type.equals("PreparedStatement");
                default -> false;
            };
        }
    }

    private record Method(ExecutableElement element) {

        String name() {
            return element.getSimpleName().toString();
        }

        String returns() {
            return element.getReturnType().toString();
        }

        boolean isVoid() {
            return element.getReturnType().getKind() == TypeKind.VOID;
        }

        List<String> types() {
            return element.getParameters().stream().map(p -> p.asType().toString()).toList();
        }

        String arguments() {
            return IntStream.rangeClosed(1, types().size()).mapToObj(i -> "p" + i).collect(Collectors.joining(", "));
        }

        String call() {
            return name() + "(" + arguments() + ")";
        }

        String header() {
            var parameters = new ArrayList<String>();
            for (String type : types()) {
                parameters.add(type + " p" + (parameters.size() + 1));
            }
            String generics = element.getTypeParameters().isEmpty()
                    ? ""
                    : element.getTypeParameters().stream()
                            .map(Object::toString)
                            .collect(Collectors.joining(", ", "<", "> "));
            return "@Override\npublic %s%s %s(%s) throws java.sql.SQLException {\n"
                    .formatted(generics, returns(), name(), String.join(", ", parameters));
        }

        String returned(String expression) {
            return isVoid() ? expression + ";\n" : "return " + expression + ";\n";
        }

        /** Whether the second parameter is a stream whose content is the value, not a locator that is made of it. */
        boolean spools() {
            return name().endsWith("Stream") && once().equals("true");
        }

        /** Whether a value of the second parameter's type can be given to a driver only once: "true", "false" or a test. */
        String once() {
            if (types().size() < 2) {
                return "false";
            }
            return switch (types().get(1)) {
                case "java.io.InputStream", "java.io.Reader" -> "true";
                // Locators belong to the connection that made them.
                case "java.sql.Blob", "java.sql.Clob", "java.sql.NClob" -> "true";
                case "java.sql.Ref", "java.sql.RowId", "java.sql.SQLXML" -> "true";
                case "java.lang.Object" -> "Parameters.isOnce(p2)";
                default -> "false";
            };
        }
    }

    private static String method(Forwarding forwarding, Method m) {
        return m.header() + body(forwarding, m).indent(4) + "}\n";
    }

    private static String body(Forwarding forwarding, Method m) {
        return switch (forwarding) {
            case CONNECTION, DATABASE_META_DATA -> entered(forwarding, m);
            case RESULT_SET -> {
                boolean locator = m.name().matches("getBlob|getClob|getNClob|getRef|getRowId");
                yield (locator ? "locatorRead();\n" : "") + plain("java.sql.ResultSet", "physical()", m);
            }
            case STATEMENT -> m.name().startsWith("execute")
                    ? executed("java.sql.Statement", m)
                    : plain("java.sql.Statement", "physical()", m);
            case PREPARED_STATEMENT -> {
                if (m.name().startsWith("execute")) {
                    yield executed("java.sql.PreparedStatement", m);
                }
                if (m.name().endsWith("MetaData")) {
                    // The server is asked, and what it refuses must not fail the write of another thread.
                    yield inTurn(plain("java.sql.PreparedStatement", "physical()", m));
                }
                yield m.name().startsWith("set")
                        ? parameter(m)
                        : plain("java.sql.PreparedStatement", "physical()", m);
            }
            case CALLABLE_STATEMENT -> m.name().startsWith("set") || m.name().startsWith("register")
                    ? named(m)
                    : plain("java.sql.CallableStatement", "executed()", m);
        };
    }

    /** A call that is no unit's statement: it may be repeated, so it is run again where that helps. */
    private static String entered(Forwarding forwarding, Method m) {
        boolean results = forwarding == Forwarding.DATABASE_META_DATA && m.returns().equals("java.sql.ResultSet");
        String call = "physical." + m.call();
        return """
                java.sql.%s physical = enter();
                try {
                    while (true) {
                        try {
                            %s%s        } catch (java.sql.SQLException e) {
                            physical = enterAgain(e);
                        }
                    }
                } finally {
                    leave();
                }
                """
                .formatted(
                        forwarding.jdbc,
                        m.returned(results ? "results(" + call + ")" : call),
                        m.isVoid() ? "            return;\n" : "");
    }

    private static String plain(String type, String physical, Method m) {
        return """
                %s physical = %s;
                try {
                    %s} catch (java.sql.SQLException e) {
                    throw failed(e);
                }
                """
                .formatted(type, physical, m.returned("physical." + m.call()));
    }

    /** A statement's execution: the end of a unit where autocommit is on. */
    private static String executed(String type, Method m) {
        boolean prepared = type.endsWith("PreparedStatement");
        boolean batch = m.name().endsWith("Batch");
        String kind = m.name().equals("executeQuery") ? "QUERY" : m.name().equals("execute") ? "EXECUTE" : "UPDATE";
        String begin = batch ? "beginBatch()" : prepared
                ? "begin(Call." + kind + ")"
                : "begin(p1, Call." + kind + (m.types().size() > 1 ? ", p2)" : ")");
        return inTurn("""
                %1$s physical = %2$s;
                while (true) {
                    %3$s result;
                    try {
                        result = physical.%4$s;
                        answered();
                    } catch (java.sql.SQLException e) {
                        physical = %5$sagain(e);
                        continue;
                    } catch (RuntimeException | Error e) {
                        broken();
                        throw e;
                    }
                    return ended(result);
                }
                """
                .formatted(type, begin, m.returns(), m.call(), prepared ? "(" + type + ") " : ""));
    }

    /** As one call, however many to the driver it takes. */
    private static String inTurn(String body) {
        return "boolean taken = takeTurn();\ntry {\n%s} finally {\n    giveTurn(taken);\n}\n".formatted(body.indent(4));
    }

    /** A parameter by index: remembered in a compact form, so that a statement that is prepared anew has it. */
    private static String parameter(Method m) {
        if (m.spools()) {
            return spooled(m);
        }
        // What the driver refuses replaces nothing.
        return """
                java.sql.PreparedStatement physical = current();
                if (physical != null) {
                    try {
                        physical.%s;
                    } catch (java.sql.SQLException e) {
                        if (physical == current()) {
                            throw failed(e);
                        }
                        // Another thread's call replaced it: the next one gets what is remembered.
                    }
                }
                %s
                """
                .formatted(m.call(), remembered(m));
    }

    /** A stream: what the driver reads of it is kept. */
    private static String spooled(Method m) {
        String call = m.name() + "(" + m.arguments().replaceFirst("p2", "stream") + ")";
        return """
                java.sql.PreparedStatement physical = current();
                %1$s spooled = parameters().spool(p1, p2, physical != null, spoolLimit(), (s, stream) -> s.%2$s);
                if (physical != null) {
                    try {
                        physical.%3$s;
                    } catch (java.sql.SQLException e) {
                        if (physical == current()) {
                            parameters().unset(p1);
                            throw failed(e);
                        }
                        // Another thread's call replaced it: the next one gets what is remembered.
                    }
                }
                """
                .formatted(m.types().get(1), call, call.replace("stream", "spooled"));
    }

    private static String remembered(Method m) {
        List<String> types = m.types();
        String setting = "(Parameters.Setting) s -> s." + m.call();
        if (m.once().equals("true")) {
            return "parameters().setOnce(p1, physical != null, " + setting + ");";
        }
        if (m.name().equals("setNull") && types.size() == 2) {
            return "parameters().set(p1, Parameters.NULL, null, p2);";
        }
        String compact = "parameters().set(p1, Parameters.SETTING, " + setting + ");";
        if (types.size() == 3 && types.get(2).equals("java.util.Calendar")) {
            // Both may be set to another time afterwards.
            return "%1$s k2 = p2 == null ? null : (%1$s) p2.clone();\njava.util.Calendar k3 = p3 == null ? null : (java.util.Calendar) p3.clone();\nparameters().set(p1, Parameters.SETTING, (Parameters.Setting) s -> s.%2$s(p1, k2, k3));"
                    .formatted(types.get(1), m.name());
        }
        if (m.name().equals("setObject") && types.size() == 2) {
            compact = "parameters().setCopy(p1, Parameters.OBJECT, p2);";
        } else if (m.name().equals("setObject") && types.size() == 3 && types.get(2).equals("int")) {
            compact = "parameters().setCopy(p1, Parameters.OBJECT_AS, p2, p3);";
        } else if (m.name().equals("setObject")) {
            compact = "parameters().setCopy(p1, p2, (s, copy) -> s." + m.call().replace("p2", "copy") + ");";
        }
        if (!m.once().equals("false")) {
            return "if (" + m.once() + ") {\n    parameters().setOnce(p1, physical != null, " + setting + ");\n} else {\n    "
                    + compact + "\n}";
        }
        if (types.size() != 2) {
            return compact;
        }
        return switch (types.get(1)) {
            case "boolean" -> "parameters().set(p1, Parameters.BOOLEAN, null, p2 ? 1 : 0);";
            case "float" -> "parameters().set(p1, Parameters.FLOAT, null, Float.floatToRawIntBits(p2));";
            case "double" -> "parameters().set(p1, Parameters.DOUBLE, null, Double.doubleToRawLongBits(p2));";
            case "byte", "short", "int", "long" -> "parameters().set(p1, Parameters.%s, null, p2);"
                    .formatted(types.get(1).toUpperCase());
            case "java.lang.String", "java.math.BigDecimal", "java.net.URL" -> "parameters().set(p1, Parameters.%s, p2);"
                    .formatted(constant(m.name()));
            default -> "parameters().setCopy(p1, Parameters.%s, p2);".formatted(constant(m.name()));
        };
    }

    /** setBigDecimal -> BIG_DECIMAL. */
    private static String constant(String setter) {
        return setter.substring(3).replaceAll("([a-z])([A-Z])", "$1_$2").toUpperCase();
    }

    /** A parameter of a procedure by name, or an OUT parameter. */
    private static String named(Method m) {
        String key = m.name().startsWith("register") ? "java.util.List.of(\"out\", p1)" : "p1";
        return "remember(" + key + ", " + (m.name().startsWith("register") ? "false" : m.once()) + ", s -> s." + m.call()
                + ");\n";
    }
}
