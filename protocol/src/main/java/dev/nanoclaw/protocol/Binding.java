package dev.nanoclaw.protocol;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// Records from trees and back, strictly: a value is of its type or refused.
final class Binding {

  private Binding() {}

  /// @param path where in the whole the value stands, for the message
  /// @throws MalformedJsonException when the value is missing or of another type
  static Object read(JsonNode value, Type type, String path) {
    if (type instanceof ParameterizedType generic) {
      Type last = generic.getActualTypeArguments()[generic.getActualTypeArguments().length - 1];
      if (generic.getRawType() == Optional.class) {
        boolean absent = value.isMissingNode() || value.isNull();
        return absent ? Optional.empty() : Optional.of(read(value, last, path));
      }
      if (generic.getRawType() == List.class && value.isArray()) {
        return value.valueStream().map(it -> read(it, last, path)).toList();
      }
      if (generic.getRawType() == Map.class && value.isObject()) {
        Map<String, Object> map = new LinkedHashMap<>();
        value.forEachEntry((name, it) -> map.put(name, read(it, last, path)));
        return map;
      }
    } else if (type == String.class && value.isString()) {
      return value.stringValue();
    } else if ((type == boolean.class || type == Boolean.class) && value.isBoolean()) {
      return value.booleanValue();
    } else if ((type == long.class || type == Long.class)
        && value.isIntegralNumber()
        && value.canConvertToLong()) {
      return value.longValue();
    } else if (type == double.class && value.isNumber()) {
      return value.doubleValue();
    } else if (type instanceof Class<?> of && of.isEnum() && value.isString()) {
      return constant(of, value.stringValue(), path);
    } else if (type instanceof Class<?> of && of.isRecord() && value.isObject()) {
      return instance(of, value, path);
    }
    throw wrong(path);
  }

  /// The components of a record by their names on the wire, in order.
  static Map<String, Object> components(Record value) {
    Map<String, Object> components = new LinkedHashMap<>();
    try {
      for (RecordComponent component : value.getClass().getRecordComponents()) {
        components.put(name(component), component.getAccessor().invoke(value));
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
    return components;
  }

  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String name(RecordComponent component) {
    return component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  private static Object constant(Class<?> type, String name, String path) {
    for (Object constant : type.getEnumConstants()) {
      if (name(((Enum<?>) constant)).equals(name)) {
        return constant;
      }
    }
    throw wrong(path);
  }

  private static Object instance(Class<?> type, JsonNode object, String path) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    List<Object> values = new ArrayList<>();
    for (RecordComponent component : components) {
      String name = name(component);
      String inner = path.isEmpty() ? name : path + "." + name;
      values.add(read(object.path(name), component.getGenericType(), inner));
    }
    try {
      return type.getDeclaredConstructor(types).newInstance(values.toArray());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static MalformedJsonException wrong(String path) {
    return new MalformedJsonException(
        path.isEmpty() ? "nothing readable" : path + " is missing or wrong");
  }
}
