package io.switchover4j.jdbc;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The borders inside this module, and around it. */
class BordersTest {

    private static final JavaClasses MODULE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.switchover4j.jdbc");

    @Test
    void everyClassIsSeen() {
        assertThat(MODULE).hasSizeGreaterThan(70);
    }

    @Test
    void theEngineAloneIsPublicInside() {
        assertThat(MODULE.stream()
                        .filter(type -> type.getPackageName().equals("io.switchover4j.jdbc.internal"))
                        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                        .filter(type -> type.getEnclosingClass().isEmpty())
                        .map(JavaClass::getSimpleName))
                .containsExactly("Engine");
    }

    @Test
    void coreIsReachedThroughTheModelAndTheSpi() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.switchover4j.internal..")
                .check(MODULE);
    }

    @Test
    void poolsAndDriversAreKnownToTheirOwnClassesAlone() {
        classes()
                .that()
                .haveNameNotMatching(".*\\.(Hikari|Agroal|Dbcp|Tomcat|C3p0|Druid)(Pools|NodePool)(\\$.*)?")
                .and()
                .haveNameNotMatching(".*\\.Pgjdbc[A-Za-z]+(\\$.*)?")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.switchover4j..",
                        "java..",
                        "javax.sql..",
                        "javax.management..",
                        "jdk.jfr..",
                        "org.slf4j..",
                        "org.jspecify..",
                        "io.github.resilience4j..",
                        "com.google.errorprone.annotations..")
                .check(MODULE);
    }

    @Test
    void everyPackageIsNullMarked() {
        assertThat(MODULE.stream().map(JavaClass::getPackageName).distinct())
                .containsExactlyInAnyOrder("io.switchover4j.jdbc", "io.switchover4j.jdbc.internal")
                .allSatisfy(name -> assertThat(MODULE.getPackage(name).isAnnotatedWith(NullMarked.class))
                        .isTrue());
    }
}
