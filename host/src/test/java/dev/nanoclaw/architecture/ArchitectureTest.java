package dev.nanoclaw.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT;
import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.GeneralCodingRules;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/// The package map of `docs/architecture.md`, as a test: change both together.
@AnalyzeClasses(
    packages = "dev.nanoclaw",
    importOptions = {DoNotIncludeTests.class, ArchitectureTest.NoGeneratedCode.class})
class ArchitectureTest {

  /// What jOOQ generates follows its own style.
  static final class NoGeneratedCode implements ImportOption {

    @Override
    public boolean includes(Location location) {
      return !location.contains("/dev/nanoclaw/db/generated/");
    }
  }

  private static final String ROOT = "dev.nanoclaw.";

  /// For each package, the other packages of ours that it may use.
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          Map.entry("protocol", Set.of()),
          Map.entry("domain", Set.of()),
          Map.entry("process", Set.of()),
          Map.entry("jsonrpc", Set.of()),
          Map.entry("config", Set.of("domain")),
          Map.entry("db", Set.of("domain")),
          Map.entry("queue", Set.of("domain", "config")),
          Map.entry("channel", Set.of("domain")),
          Map.entry("channel.local", Set.of("domain", "config", "channel")),
          Map.entry(
              "channel.whatsapp", Set.of("domain", "config", "channel", "process", "jsonrpc")),
          Map.entry("container", Set.of("domain", "config", "protocol", "process")),
          Map.entry(
              "router",
              Set.of("domain", "config", "protocol", "db", "queue", "channel", "container")),
          Map.entry("scheduler", Set.of("domain", "db")),
          Map.entry("ipc", Set.of("domain", "protocol", "container", "db", "router", "scheduler")),
          Map.entry(
              "control",
              Set.of(
                  "domain",
                  "config",
                  "jsonrpc",
                  "db",
                  "queue",
                  "channel.local",
                  "channel.whatsapp",
                  "router",
                  "scheduler")),
          Map.entry(
              "app",
              Set.of(
                  "domain",
                  "config",
                  "db",
                  "queue",
                  "channel",
                  "channel.local",
                  "channel.whatsapp",
                  "process",
                  "container",
                  "router",
                  "scheduler",
                  "ipc",
                  "control")),
          Map.entry("demo", Set.of("protocol")),
          Map.entry(
              "cli",
              Set.of(
                  "domain",
                  "config",
                  "jsonrpc",
                  "db",
                  "channel.whatsapp",
                  "container",
                  "router",
                  "control",
                  "app",
                  "demo")));

  @ArchTest
  static void packagesUseOnlyWhatTheMapAllows(JavaClasses classes) {
    MAY_USE.forEach((name, mayUse) -> mayUseOnly(name, mayUse).check(classes));
  }

  private static ArchRule mayUseOnly(String name, Set<String> mayUse) {
    var allowed =
        Stream.concat(Stream.of(name, name + ".generated.."), mayUse.stream())
            .map(ROOT::concat)
            .toArray(String[]::new);
    return classes()
        .that()
        .resideInAPackage(ROOT + name)
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(allowed).or(resideOutsideOfPackage("dev.nanoclaw..")))
        .allowEmptyShould(true)
        .as("package " + name + " may use only " + mayUse);
  }

  @ArchTest
  static void everyPackageIsInTheMapAndNullMarked(JavaClasses classes) {
    List<JavaPackage> ours =
        classes.getPackage("dev.nanoclaw").getSubpackagesInTree().stream()
            .filter(it -> !it.getClasses().isEmpty())
            .filter(it -> !it.getName().startsWith("dev.nanoclaw.db.generated"))
            .toList();
    assertThat(ours)
        .allSatisfy(it -> {
          assertThat(MAY_USE).containsKey(it.getName().substring(ROOT.length()));
          assertThat(it.isAnnotatedWith(NullMarked.class))
              .as("%s has @NullMarked in package-info.java", it.getName())
              .isTrue();
        });
  }

  @ArchTest
  static final ArchRule NO_PACKAGE_CYCLES =
      slices().matching("dev.nanoclaw.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule TIME_COMES_FROM_AN_INJECTED_CLOCK =
      noClasses()
          .should()
          .callMethod(Instant.class, "now")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(Thread.class, "sleep", long.class)
          .orShould()
          .callMethod(Thread.class, "sleep", Duration.class);

  @ArchTest
  static final ArchRule CLASSES_ARE_FINAL_UNLESS_MADE_TO_BE_EXTENDED =
      classes()
          .that()
          .areNotInterfaces()
          .and()
          .doNotHaveModifier(ABSTRACT)
          .and()
          .areNotAnonymousClasses()
          .and()
          .doNotHaveSimpleName("package-info")
          .should()
          .haveModifier(FINAL)
          .orShould()
          .beEnums();

  @ArchTest
  static final ArchRule ENVIRONMENT_IS_READ_ONLY_IN_CONFIG =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.nanoclaw.config")
          .should()
          .callMethod(System.class, "getenv", String.class)
          .orShould()
          .callMethod(System.class, "getenv");

  @ArchTest
  static final ArchRule PROCESSES_ARE_STARTED_ONLY_IN_PROCESS =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.nanoclaw.process")
          .should()
          .dependOnClassesThat()
          .areAssignableTo(ProcessBuilder.class);

  @ArchTest
  static final ArchRule JOOQ_STAYS_IN_DB =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.nanoclaw.db..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.jooq..", "java.sql..");

  /// So that it is loaded by the first task with a cron expression and not at the start.
  @ArchTest
  static final ArchRule CRON_EXPRESSIONS_ARE_READ_IN_ONE_CLASS =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName("dev.nanoclaw.domain.CronTimes")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.cronutils..");

  @ArchTest
  static final ArchRule ONLY_PROGRAMS_OF_THEIR_OWN_USE_THE_STANDARD_STREAMS =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.nanoclaw.cli", "dev.nanoclaw.demo")
          .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS);

  @ArchTest
  static final ArchRule NO_GENERIC_EXCEPTIONS =
      GeneralCodingRules.NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS;

  @ArchTest
  static final ArchRule NO_JAVA_UTIL_LOGGING =
      GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
}
