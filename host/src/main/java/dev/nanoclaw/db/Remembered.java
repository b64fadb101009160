package dev.nanoclaw.db;

import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// The answer to a question, kept as long as the database stays as it was.
final class Remembered<T> implements Supplier<T> {

  private final Supplier<T> question;
  private final LongSupplier transactions;
  private volatile Optional<Answer<T>> last = Optional.empty();

  private record Answer<T>(T value, long transactions) {}

  /// @param transactions how many there were so far
  Remembered(Supplier<T> question, LongSupplier transactions) {
    this.question = question;
    this.transactions = transactions;
  }

  @Override
  public T get() {
    long now =
        transactions.getAsLong(); // before the question: what is written meanwhile may be missing
    Optional<Answer<T>> known = last.filter(it -> it.transactions == now);
    if (known.isPresent()) {
      return known.get().value;
    }
    T value = question.get();
    last = Optional.of(new Answer<>(value, now));
    return value;
  }
}
