package dev.nanoclaw.channel.whatsapp;

import java.util.List;
import java.util.Optional;
import org.commonmark.ext.gfm.strikethrough.StrikethroughExtension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.Node;
import org.commonmark.parser.IncludeSourceSpans;
import org.commonmark.parser.Parser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers as WhatsApp shows them: Markdown in, messages in WhatsApp's own formatting out.
public final class WhatsAppFormat {

  private static final Logger log = LoggerFactory.getLogger(WhatsAppFormat.class);

  /// The longest message in UTF-16 units. WhatsApp takes 65,536, but hides the end of long ones
  /// behind "read more".
  public static final int LONGEST_PART = 4_000;

  /// A text beyond this size is not an answer in Markdown. It is split as it is.
  static final int LONGEST_MARKDOWN = 200_000;

  /// What is nested deeper is taken as text, so that neither the stack nor the quote signs before
  /// each line grow without an end.
  private static final int DEEPEST_NESTING = 32;

  private static final int LARGEST_TABLE = 2_000;

  /// Two tildes, because one is a path or an "about".
  private static final Parser PARSER =
      Parser.builder()
          .extensions(
              List.of(
                  StrikethroughExtension.builder().requireTwoTildes(true).build(),
                  TablesExtension.builder().maxCells(LARGEST_TABLE).build()))
          .includeSourceSpans(IncludeSourceSpans.BLOCKS)
          .maxOpenBlockParsers(DEEPEST_NESTING)
          .maxInlineNesting(DEEPEST_NESTING)
          .build();

  private WhatsAppFormat() {}

  /// The messages that say what the Markdown says. None when it says nothing.
  ///
  /// @param markdown without control characters but line feeds and tabs
  /// @param prefix what the first message begins with, such as `Andy: `, or nothing
  public static List<String> parts(String markdown, String prefix) {
    if (markdown.isBlank()) {
      return List.of();
    }
    try {
      FormattedText text = formatted(markdown).orElseGet(() -> FormattedText.plain(markdown));
      return new MessageSplitter(text, prefix).parts();
    } catch (IndexOutOfBoundsException | IllegalStateException | StackOverflowError e) {
      // a mistake of ours: better an answer with stars in it than none
      log.error("An answer of {} characters could not be formatted", markdown.length(), e);
      return new MessageSplitter(FormattedText.plain(markdown), prefix).parts();
    }
  }

  /// Empty for what no person writes: a size, a table or links that would fill the memory.
  private static Optional<FormattedText> formatted(String markdown) {
    return markdown.length() > LONGEST_MARKDOWN
        ? Optional.empty()
        : parsed(markdown).flatMap(it -> MarkdownRenderer.render(it, markdown.length()));
  }

  private static Optional<Node> parsed(String markdown) {
    try {
      return Optional.of(PARSER.parse(markdown));
    } catch (IllegalArgumentException _) { // how the parser refuses a table that is too large
      return Optional.empty();
    }
  }
}
