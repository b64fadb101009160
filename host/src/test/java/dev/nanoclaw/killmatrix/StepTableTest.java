package dev.nanoclaw.killmatrix;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StepTableTest {

  static List<Step> steps() {
    return Step.all();
  }

  @ParameterizedTest
  @MethodSource("steps")
  void everyStepOfTheTableIsAMethodOfTheHost(Step step) throws IOException {
    try (InputStream in =
        ClassLoader.getSystemResourceAsStream(step.type().replace('.', '/') + ".class")) {
      assertThat(in).as(step.type()).isNotNull();
      assertThat(ClassFile.of().parse(in.readAllBytes()).methods())
          .as("methods of %s", step.type())
          .anyMatch(it -> it.methodName().equalsString(step.method()) && it.code().isPresent());
    }
  }
}
