package io.switchover4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The borders inside this module, and around it. */
class BordersTest {

    private static final JavaClasses CORE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.switchover4j");

    @Test
    void everyClassIsSeen() {
        assertThat(CORE).hasSizeGreaterThan(70);
    }

    @Test
    void internalIsReachedFromTheCoordinatorAndTheJournalAlone() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.switchover4j.internal..")
                .and()
                .doNotHaveFullyQualifiedName(SwitchoverCoordinator.class.getName())
                .and()
                .doNotHaveFullyQualifiedName(SwitchoverCoordinator.Builder.class.getName())
                .and()
                .doNotHaveFullyQualifiedName(FileJournal.class.getName())
                .and()
                .doNotHaveFullyQualifiedName(FileJournal.Builder.class.getName())
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.switchover4j.internal..")
                .check(CORE);
    }

    @Test
    void theSpiKnowsTheModelAndNothingElseOfOurs() {
        noClasses()
                .that()
                .resideInAPackage("io.switchover4j.spi..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.switchover4j.internal..", "org.slf4j..", "io.github.resilience4j..")
                .check(CORE);
    }

    @Test
    void coreDependsOnTheJdkAndFourSmallLibraries() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.switchover4j..",
                        "java..",
                        "jdk.jfr..",
                        "org.slf4j..",
                        "org.jspecify..",
                        "io.github.resilience4j..",
                        "com.google.errorprone.annotations..")
                .check(CORE);
    }

    @Test
    void everyPackageIsNullMarked() {
        Set<String> packages = CORE.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());

        assertThat(packages)
                .containsExactlyInAnyOrder(
                        "io.switchover4j",
                        "io.switchover4j.simulated",
                        "io.switchover4j.spi",
                        "io.switchover4j.internal",
                        "io.switchover4j.internal.journal")
                .allSatisfy(name -> assertThat(CORE.getPackage(name).isAnnotatedWith(NullMarked.class))
                        .isTrue());
    }

    @Test
    void onlyWhatTheBuilderNeedsIsPublicInside() {
        assertThat(CORE.stream()
                        .filter(type -> type.getPackageName().equals("io.switchover4j.internal"))
                        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                        .filter(type -> !type.getEnclosingClass().isPresent())
                        .map(JavaClass::getSimpleName))
                .containsExactlyInAnyOrder("DefaultCoordinator", "CoordinatorSettings");
    }
}
