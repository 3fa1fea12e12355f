package io.switchover4j.postgresql;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.switchover4j.postgresql");

    @Test
    void theClassesAreSeen() {
        assertThat(CLASSES).hasSizeGreaterThan(30);
    }

    @Test
    void coreIsReachedThroughItsModelAndSpiOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "org.slf4j..",
                        "org.jspecify..",
                        "org.postgresql..",
                        "io.switchover4j",
                        "io.switchover4j.spi",
                        "io.switchover4j.postgresql..")
                .check(CLASSES);
    }

    @Test
    void allPackagesAreNullMarked() {
        assertThat(CLASSES)
                .allSatisfy(type -> assertThat(type.getPackage().tryGetAnnotationOfType(NullMarked.class))
                        .as(type.getName())
                        .isPresent());
    }

    @Test
    void publicClassesAreFinalOrCannotBeExtended() {
        classes()
                .that()
                .arePublic()
                .and()
                .areNotInterfaces()
                .should()
                .haveModifier(JavaModifier.FINAL)
                .check(CLASSES);
    }
}
