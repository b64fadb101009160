package dev.nanoclaw.agent;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/// The call for which the JDK has nothing of its own.
final class LibC {

  private static final int PR_GET_DUMPABLE = 3;
  private static final int PR_SET_DUMPABLE = 4;

  private LibC() {}

  /// Closes this process to others of the same user: no `environ`, `mem`, `maps`, `fd` in `/proc`,
  /// no ptrace, no core dump.
  ///
  /// @throws IllegalStateException when the kernel did not do it
  static void becomeUndumpable() {
    MethodHandle prctl =
        function(
            "prctl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));
    try {
      int set = (int) prctl.invokeExact(PR_SET_DUMPABLE, 0L);
      int dumpable = (int) prctl.invokeExact(PR_GET_DUMPABLE, 0L);
      if (set != 0 || dumpable != 0) {
        throw new IllegalStateException("prctl said " + set + ", dumpable is " + dumpable);
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  @SuppressWarnings("restricted") // the point of this class; the JVM is started with native access
  private static MethodHandle function(
      String name, FunctionDescriptor shape, Linker.Option... options) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), shape, options);
  }
}
