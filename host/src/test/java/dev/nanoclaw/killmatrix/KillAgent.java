package dev.nanoclaw.killmatrix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A Java agent that kills its own process with SIGKILL when a method is passed. It uses nothing
/// but the JDK.
public final class KillAgent {

  private static final int SIGKILL = 9;

  private static final AtomicInteger left = new AtomicInteger();
  private static Order order = new Order("", "", false, 0, 0, "");
  private static @Nullable MethodHandle kill;

  private KillAgent() {}

  /// When to die.
  ///
  /// @param type binary name of the class
  /// @param exit at the normal end of the method, not at its beginning
  /// @param passage at which one
  /// @param holdMillis how long the thread stands there before; the others go on
  /// @param note the file that says that it happened
  record Order(String type, String method, boolean exit, int passage, int holdMillis, String note) {

    String argument() {
      return String.join(
          ",",
          type,
          method,
          Boolean.toString(exit),
          Integer.toString(passage),
          Integer.toString(holdMillis),
          note);
    }

    static Order parse(String argument) {
      String[] parts = argument.split(",", 6);
      return new Order(
          parts[0],
          parts[1],
          Boolean.parseBoolean(parts[2]),
          Integer.parseInt(parts[3]),
          Integer.parseInt(parts[4]),
          parts[5]);
    }
  }

  /// Called by the JVM before `main`.
  @SuppressWarnings("restricted")
  public static void premain(String argument, Instrumentation instrumentation) {
    order = Order.parse(argument);
    left.set(order.passage());
    Linker linker = Linker.nativeLinker();
    kill =
        linker.downcallHandle(
            linker.defaultLookup().find("kill").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    instrumentation.addTransformer(new Inserter());
  }

  /// Called by the method in question.
  public static void passed() {
    if (left.decrementAndGet() == 0) {
      die();
    }
  }

  private static void die() {
    try {
      Files.writeString(Path.of(order.note()), order.argument());
      long end = System.nanoTime() + Duration.ofMillis(order.holdMillis()).toNanos();
      while (System.nanoTime() < end) {
        LockSupport.parkNanos(end - System.nanoTime());
      }
      if (kill != null) {
        var _ = (int) kill.invokeExact((int) ProcessHandle.current().pid(), SIGKILL);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /// Puts the call into the class of the order.
  static final class Inserter implements ClassFileTransformer {

    @Override
    public byte @Nullable [] transform(
        @Nullable ClassLoader loader,
        String name,
        @Nullable Class<?> redefined,
        ProtectionDomain domain,
        byte[] bytes) {
      if (loader == null || !name.replace('/', '.').equals(order.type())) {
        return null;
      }
      ClassFile file =
          ClassFile.of(
              ClassFile.ClassHierarchyResolverOption.of(
                  ClassHierarchyResolver.ofResourceParsing(loader)));
      return file.transformClass(
          file.parse(bytes),
          ClassTransform.transformingMethodBodies(
              it -> it.methodName().equalsString(order.method()), new Call()));
    }
  }

  static final class Call implements CodeTransform {

    @Override
    public void atStart(CodeBuilder builder) {
      if (!order.exit()) {
        insert(builder);
      }
    }

    @Override
    public void accept(CodeBuilder builder, CodeElement element) {
      if (order.exit() && element instanceof ReturnInstruction) {
        insert(builder);
      }
      var _ = builder.with(element);
    }

    private static void insert(CodeBuilder builder) {
      var _ =
          builder.invokestatic(
              ClassDesc.of(KillAgent.class.getName()),
              "passed",
              MethodTypeDesc.of(ConstantDescs.CD_void));
    }
  }
}
