package dev.nanoclaw.config;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/// Makes a tree of a YAML text. Takes the plain part of the language only: one document, no
/// anchors, aliases or tags, little nesting. So no file, however odd, costs more than its length.
final class YamlParser {

  private static final int MAX_DEPTH = 10;

  /// Says what is wrong where; never quotes the text.
  static final class YamlProblem extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient Yaml.Place place;

    YamlProblem(Yaml.Place place, String text) {
      super(text);
      this.place = place;
    }

    Problem problem() {
      return Problem.wrong(place, String.valueOf(getMessage()));
    }
  }

  private final String text;
  private final Iterator<Event> events;
  private final ScalarResolver resolver;

  private YamlParser(String text) {
    this.text = text;
    LoadSettings settings = LoadSettings.builder().setSchema(new CoreSchema()).build();
    this.resolver = settings.getSchema().getScalarResolver();
    this.events = new Parse(settings).parseString(text).iterator();
  }

  /// The file's one mapping; empty for a file without content.
  static Optional<Yaml.Mapping> parse(String text) throws YamlProblem {
    return new YamlParser(text).document();
  }

  private Optional<Yaml.Mapping> document() throws YamlProblem {
    Optional<Yaml> root = Optional.empty();
    while (hasNext()) {
      Event event = next();
      if (event instanceof DocumentStartEvent && root.isPresent()) {
        throw new YamlProblem(start(event), "a second document begins here; expected only one");
      }
      if (event instanceof NodeEvent) {
        root = Optional.of(node(event, 0));
      }
    }
    if (root.isEmpty() || root.get().isNothing()) {
      return Optional.empty();
    }
    if (root.get() instanceof Yaml.Mapping mapping) {
      return Optional.of(mapping);
    }
    throw new YamlProblem(root.get().start(), "expected lines of the form \"key: value\"");
  }

  private Yaml node(Event event, int depth) throws YamlProblem {
    Yaml.Place start = start(event);
    if (event instanceof AliasEvent || ((NodeEvent) event).getAnchor().isPresent()) {
      throw new YamlProblem(
          start, "anchors (&) and aliases (*) are not used here; put such text in quotes");
    }
    if (depth > MAX_DEPTH) {
      throw new YamlProblem(start, "nested too deeply");
    }
    if (event instanceof ScalarEvent scalar) {
      return scalar(scalar, start);
    }
    CollectionStartEvent collection = (CollectionStartEvent) event;
    refuseTag(collection.getTag(), start);
    return collection instanceof MappingStartEvent mapping
        ? mapping(mapping, depth)
        : sequence(start, depth);
  }

  private Yaml.Scalar scalar(ScalarEvent event, Yaml.Place start) throws YamlProblem {
    refuseTag(event.getTag(), start);
    Tag tag = resolver.resolve(event.getValue(), event.isPlain());
    Yaml.Type type = Yaml.Type.TEXT;
    if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
      type = Yaml.Type.NUMBER;
    } else if (tag.equals(Tag.BOOL)) {
      type = Yaml.Type.FLAG;
    } else if (tag.equals(Tag.NULL)) {
      type = Yaml.Type.NOTHING;
    }
    return new Yaml.Scalar(event.getValue(), type, start, place(event.getEndMark()));
  }

  private Yaml.Mapping mapping(MappingStartEvent first, int depth) throws YamlProblem {
    List<Yaml.Entry> entries = new ArrayList<>();
    Event event = next();
    while (event instanceof NodeEvent) {
      if (!(node(event, depth + 1) instanceof Yaml.Scalar key)) {
        throw new YamlProblem(start(event), "expected a word as key");
      }
      entries.add(new Yaml.Entry(key.text(), key.start(), node(next(), depth + 1)));
      event = next();
    }
    boolean flow = first.getFlowStyle() == FlowStyle.FLOW;
    return new Yaml.Mapping(entries, flow, start(first), place(event.getEndMark()));
  }

  private Yaml.Sequence sequence(Yaml.Place start, int depth) throws YamlProblem {
    Event event = next();
    while (event instanceof NodeEvent) {
      node(event, depth + 1);
      event = next();
    }
    return new Yaml.Sequence(start, place(event.getEndMark()));
  }

  private static void refuseTag(Optional<String> tag, Yaml.Place start) throws YamlProblem {
    if (tag.isPresent()) {
      throw new YamlProblem(start, "tags (!) are not used here; put such text in quotes");
    }
  }

  private boolean hasNext() throws YamlProblem {
    try {
      return events.hasNext();
    } catch (YamlEngineException e) {
      throw broken(e);
    }
  }

  private Event next() throws YamlProblem {
    try {
      return events.next();
    } catch (YamlEngineException e) {
      throw broken(e);
    }
  }

  private YamlProblem broken(YamlEngineException e) {
    Yaml.Place place = Yaml.Place.TOP;
    if (e instanceof MarkedYamlEngineException marked) {
      place = place(marked.getProblemMark().or(marked::getContextMark));
    }
    return new YamlProblem(place, "not valid YAML; " + guess(place));
  }

  /// The parser's own words quote the text and speak of tokens.
  private String guess(Yaml.Place place) {
    String line = text.lines().skip(place.line() - 1L).findFirst().orElse("");
    if (line.substring(0, line.length() - line.stripLeading().length()).contains("\t")) {
      return "this line begins with a tab: use spaces";
    }
    return "look here and at the line above for a missing colon, quote or bracket, or for lines"
        + " that do not begin in the same column";
  }

  private static Yaml.Place start(Event event) {
    return place(event.getStartMark());
  }

  private static Yaml.Place place(Optional<Mark> mark) {
    return mark.map(it -> new Yaml.Place(it.getLine() + 1, it.getColumn() + 1, it.getIndex()))
        .orElse(Yaml.Place.TOP);
  }
}
