package dev.nanoclaw.protocol;

import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.type.LogicalType;

/// The one JSON dialect of host and agent: snake_case names, every key written, unknown keys
/// ignored so that an older side understands a newer one, duplicate keys and deep nesting refused,
/// values of another type not bent into shape. A key may be missing only if its type is `Optional`.
public final class Json {

  private static final int MAX_DEPTH = 64;
  private static final int MAX_STRING = 64 * 1024 * 1024;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxStringLength(MAX_STRING)
                          .build())
                  .build())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE, EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .annotationIntrospector(new AllButOptionalsAreRequired())
          .withCoercionConfigDefaults(
              it -> it.setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail))
          .withCoercionConfig(
              LogicalType.Textual,
              it ->
                  it.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  private Json() {}

  /// The mapper itself, for a tree or a type that is not ours.
  public static JsonMapper mapper() {
    return MAPPER;
  }

  /// One line of JSON without a line end: JSON escapes every line feed inside a text.
  public static String line(Object value) {
    return MAPPER.writeValueAsString(value);
  }

  /// @throws MalformedJsonException when the text is not JSON of that type; the message has the
  ///   place, not the content
  public static <T> T read(String json, Class<T> type) {
    try {
      T value = MAPPER.readValue(json, type);
      if (value == null) {
        throw new MalformedJsonException("null instead of " + type.getSimpleName());
      }
      return value;
    } catch (JacksonException e) {
      throw new MalformedJsonException(describe(e, type));
    }
  }

  /// Jackson's own message repeats what it read.
  private static String describe(JacksonException e, Class<?> type) {
    if (!(e instanceof DatabindException wrong)) {
      return "not JSON" + place(e);
    }
    String path =
        wrong.getPath().stream()
            .map(it -> it.getPropertyName() == null ? "[]" : it.getPropertyName())
            .collect(Collectors.joining("."));
    return (path.isEmpty() ? "not" : path + " is missing or wrong in")
        + (" a " + type.getSimpleName() + place(e));
  }

  private static String place(JacksonException e) {
    TokenStreamLocation location = e.getLocation();
    return location == null
        ? ""
        : " at line %d, column %d".formatted(location.getLineNr(), location.getColumnNr());
  }

  private static final class AllButOptionalsAreRequired extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    @Override
    public Boolean hasRequiredMarker(MapperConfig<?> config, AnnotatedMember member) {
      return !member.getRawType().equals(Optional.class);
    }
  }
}
