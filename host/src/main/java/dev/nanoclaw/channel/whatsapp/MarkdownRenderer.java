package dev.nanoclaw.channel.whatsapp;

import java.util.Optional;
import org.commonmark.ext.gfm.strikethrough.Strikethrough;
import org.commonmark.ext.gfm.tables.TableBlock;
import org.commonmark.ext.gfm.tables.TableCell;
import org.commonmark.ext.gfm.tables.TableHead;
import org.commonmark.ext.gfm.tables.TableRow;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.BlockQuote;
import org.commonmark.node.BulletList;
import org.commonmark.node.Code;
import org.commonmark.node.CustomBlock;
import org.commonmark.node.CustomNode;
import org.commonmark.node.Emphasis;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HardLineBreak;
import org.commonmark.node.Heading;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.HtmlInline;
import org.commonmark.node.Image;
import org.commonmark.node.IndentedCodeBlock;
import org.commonmark.node.Link;
import org.commonmark.node.ListItem;
import org.commonmark.node.Node;
import org.commonmark.node.OrderedList;
import org.commonmark.node.Paragraph;
import org.commonmark.node.SoftLineBreak;
import org.commonmark.node.StrongEmphasis;
import org.commonmark.node.Text;
import org.commonmark.node.ThematicBreak;
import org.jspecify.annotations.Nullable;

/// Writes a parsed document in WhatsApp's formatting. Blocks keep the blank lines between them that
/// they had.
final class MarkdownRenderer extends AbstractVisitor {

  private static final char BOLD = '*';

  private final FormattedText out = new FormattedText();
  private final int longest;
  private InlineText inline = new InlineText();

  /// What the lines of the current quote or list item begin with, and its first one.
  private String indent = "";

  private @Nullable String marker;

  private MarkdownRenderer(int longest) {
    this.longest = longest;
  }

  /// Empty when the text gets many times longer than its source: a long address behind many links,
  /// or many lines in many quotes.
  static Optional<FormattedText> render(Node document, int sourceLength) {
    var renderer = new MarkdownRenderer(10 * sourceLength + 1_000);
    document.accept(renderer);
    return renderer.isTooLong() ? Optional.empty() : Optional.of(renderer.out);
  }

  private boolean isTooLong() {
    return out.length() + inline.length() > longest;
  }

  @Override
  protected void visitChildren(Node parent) {
    if (!isTooLong()) {
      super.visitChildren(parent);
    }
  }

  @Override
  public void visit(Paragraph paragraph) {
    visitChildren(paragraph);
    writeLines(paragraph);
  }

  @Override
  public void visit(Heading heading) {
    marked(BOLD, heading);
    writeLines(heading);
  }

  @Override
  public void visit(ThematicBreak line) {
    inline.untouched("———");
    writeLines(line);
  }

  @Override
  public void visit(HtmlBlock html) {
    html.getLiteral()
        .lines()
        .forEach(it -> {
          inline.text(it);
          inline.newLine();
        });
    inline.cut(Math.max(0, inline.length() - 1));
    writeLines(html);
  }

  @Override
  public void visit(FencedCodeBlock code) {
    writeCode(code, code.getLiteral());
  }

  @Override
  public void visit(IndentedCodeBlock code) {
    writeCode(code, code.getLiteral());
  }

  @Override
  public void visit(BlockQuote quote) {
    within(quote, marker == null ? null : marker + "> ", indent + "> ");
  }

  @Override
  public void visit(BulletList list) {
    for (Node item = list.getFirstChild(); item != null; item = item.getNext()) {
      visitItem(item, takeTaskBox(item).orElse("- "));
    }
  }

  @Override
  public void visit(OrderedList list) {
    int number = Optional.ofNullable(list.getMarkerStartNumber()).orElse(1);
    for (Node item = list.getFirstChild(); item != null; item = item.getNext()) {
      visitItem(item, number++ + ". " + takeTaskBox(item).orElse(""));
    }
  }

  /// Takes the `[ ]` or `[x]` of a task out of the item's text, and gives a box for it.
  private static Optional<String> takeTaskBox(Node item) {
    if (item.getFirstChild() instanceof Paragraph paragraph
        && paragraph.getFirstChild() instanceof Text text
        && text.getLiteral().matches("(?s)\\[[ xX]] .*")) {
      boolean open = text.getLiteral().charAt(1) == ' ';
      text.setLiteral(text.getLiteral().substring(4));
      return Optional.of(open ? "☐ " : "☑ ");
    }
    return Optional.empty();
  }

  private void visitItem(Node item, String itemMarker) {
    String first = marker == null ? indent : marker;
    within(item, first + itemMarker, indent + " ".repeat(itemMarker.length()));
  }

  private void within(Node container, @Nullable String first, String rest) {
    String outerIndent = indent;
    marker = first;
    indent = rest;
    visitChildren(container);
    if (marker != null && container instanceof ListItem) {
      writeLines(container); // an empty item
    }
    indent = outerIndent;
  }

  @Override
  public void visit(CustomBlock block) {
    if (block instanceof TableBlock) {
      visitChildren(block);
      writeLines(block);
    }
  }

  @Override
  public void visit(CustomNode node) {
    switch (node) {
      case Strikethrough _ -> marked('~', node);
      case TableRow row when row.getParent() instanceof TableHead -> marked(BOLD, row);
      case TableRow row -> {
        inline.newLine();
        visitChildren(row);
      }
      case TableCell cell -> {
        inline.untouched(cell.getPrevious() == null ? "" : " | ");
        inline.untouched(cell.getFirstChild() == null ? "–" : "");
        visitChildren(cell);
      }
      default -> visitChildren(node);
    }
  }

  @Override
  public void visit(Text text) {
    inline.text(text.getLiteral());
  }

  @Override
  public void visit(HtmlInline html) {
    inline.text(html.getLiteral());
  }

  @Override
  public void visit(SoftLineBreak end) {
    inline.newLine();
  }

  @Override
  public void visit(HardLineBreak end) {
    inline.newLine();
  }

  @Override
  public void visit(Emphasis emphasis) {
    marked('_', emphasis);
  }

  @Override
  public void visit(StrongEmphasis strong) {
    marked(BOLD, strong);
  }

  /// Code with a backtick in it has no form in WhatsApp but the plain one.
  @Override
  public void visit(Code code) {
    String mark = code.getLiteral().contains("`") ? "" : "`";
    inline.untouched(mark + code.getLiteral() + mark);
  }

  @Override
  public void visit(Link link) {
    addressed(link, link.getDestination());
  }

  @Override
  public void visit(Image image) {
    addressed(image, image.getDestination());
  }

  private void marked(char mark, Node node) {
    inline.open(mark);
    visitChildren(node);
    inline.close();
  }

  private void addressed(Node node, String address) {
    if (isTooLong()) {
      return;
    }
    int start = inline.length();
    visitChildren(node);
    String text = inline.since(start);
    if (text.isBlank() || text.equals(address)) {
      inline.cut(start);
      inline.untouched(address);
    } else if (!address.isEmpty() && !address.equals("mailto:" + text)) {
      inline.untouched(" (" + address + ")");
    }
  }

  /// Writes what has been gathered as one block.
  private void writeLines(Node block) {
    separate(block);
    out.append(marker == null ? indent : marker);
    marker = null;
    inline.writeTo(out, indent);
    inline = new InlineText();
  }

  /// Code has its lines to itself, also in a list or quote: whoever copies it wants nothing else.
  private void writeCode(Node block, String literal) {
    if (literal.isBlank()) {
      return;
    }
    separate(block);
    if (marker != null) {
      out.append(marker + "\n");
      marker = null;
    }
    out.appendCodeBlock(
        literal.endsWith("\n") ? literal.substring(0, literal.length() - 1) : literal);
  }

  /// Ends the line before a block, with a blank line where the source has one.
  private void separate(Node block) {
    Node first = block;
    while (first.getPrevious() == null && first.getParent() != null) {
      first = first.getParent();
    }
    if (out.length() > 0 && first.getPrevious() != null) {
      out.append(linesBetween(first.getPrevious(), first) > 1 ? "\n\n" : "\n");
    }
  }

  private static int linesBetween(Node before, Node after) {
    return after.getSourceSpans().getFirst().getLineIndex()
        - before.getSourceSpans().getLast().getLineIndex();
  }
}
