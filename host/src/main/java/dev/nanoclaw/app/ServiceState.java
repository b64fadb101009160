package dev.nanoclaw.app;

/// How the service stands with its manager.
public sealed interface ServiceState {

  record NotInstalled() implements ServiceState {}

  /// Nothing runs and nothing will, before somebody starts it.
  record Stopped() implements ServiceState {}

  /// It is about to have a process.
  record Starting() implements ServiceState {}

  record Running(long pid) implements ServiceState {}

  /// It ended by itself.
  ///
  /// @param how such as `exit code 1`
  /// @param again whether it is started again without anybody's help
  record Failed(String how, boolean again) implements ServiceState {}
}
