package dev.nanoclaw.config;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.stream.Stream;

/// What a value may be, in words for the owner and as a check.
sealed interface Kind<T> {

  /// Completes the sentence "expected …".
  String expected();

  /// The value, or empty when it is not of this kind.
  Optional<T> read(Yaml.Scalar scalar);

  /// @param unit for the owner, empty for a plain count
  record WholeNumber<T>(long min, long max, String unit, LongFunction<T> make) implements Kind<T> {

    static WholeNumber<Integer> count(int min, int max) {
      return new WholeNumber<>(min, max, "", Math::toIntExact);
    }

    @Override
    public String expected() {
      String number = "a whole number from %d to %d".formatted(min, max);
      return unit.isEmpty() ? number : number + " (" + unit + ")";
    }

    @Override
    public Optional<T> read(Yaml.Scalar scalar) {
      if (scalar.type() != Yaml.Type.NUMBER || !scalar.text().matches("[+-]?[0-9]{1,18}")) {
        return Optional.empty();
      }
      long value = Long.parseLong(scalar.text());
      return value < min || value > max ? Optional.empty() : Optional.of(make.apply(value));
    }
  }

  record Flag() implements Kind<Boolean> {
    @Override
    public String expected() {
      return "true or false";
    }

    @Override
    public Optional<Boolean> read(Yaml.Scalar scalar) {
      return scalar.type() == Yaml.Type.FLAG
          ? Optional.of(Boolean.parseBoolean(scalar.text()))
          : Optional.empty();
    }
  }

  /// One of an enum's constants, written as their `toString`.
  record Choice<E extends Enum<E>>(Class<E> type) implements Kind<E> {
    @Override
    public String expected() {
      List<String> names = constants().map(Object::toString).toList();
      int last = names.size() - 1;
      return String.join(", ", names.subList(0, last)) + " or " + names.get(last);
    }

    @Override
    public Optional<E> read(Yaml.Scalar scalar) {
      return constants().filter(it -> it.toString().equalsIgnoreCase(scalar.text())).findFirst();
    }

    private Stream<E> constants() {
      return Arrays.stream(type.getEnumConstants());
    }
  }

  /// Any text that `make` can make something of.
  record Text<T>(String expected, Function<String, Optional<T>> make) implements Kind<T> {
    @Override
    public Optional<T> read(Yaml.Scalar scalar) {
      return scalar.type() == Yaml.Type.TEXT ? make.apply(scalar.text()) : Optional.empty();
    }
  }
}
