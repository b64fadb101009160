package dev.nanoclaw.cli;

import com.google.zxing.BarcodeFormat;
import com.google.zxing.EncodeHintType;
import com.google.zxing.WriterException;
import com.google.zxing.common.BitMatrix;
import com.google.zxing.qrcode.QRCodeWriter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import javax.imageio.ImageIO;

/// A text as a QR code.
final class QrCode {

  private static final int MARGIN = 2;
  private static final int PIXELS = 8;
  private static final int WHITE = 0xFFFFFF;

  /// Black on white whatever the terminal's colours: the upper half of a line is its foreground.
  private static final String BLACK_AND_WHITE = "\u001B[30;107m";

  private static final String WHITE_AND_BLACK = "\u001B[97;40m";
  private static final String END = "\u001B[0m";

  private final BitMatrix modules;

  QrCode(String text) {
    try {
      modules =
          new QRCodeWriter()
              .encode(text, BarcodeFormat.QR_CODE, 1, 1, Map.of(EncodeHintType.MARGIN, MARGIN));
    } catch (WriterException e) {
      throw new CommandException("the code cannot be drawn: " + e.getMessage());
    }
  }

  /// Two rows of modules in one line.
  ///
  /// @param colours the terminal understands them; without, what is dark stays empty, for light
  ///   text on dark ground
  String text(boolean colours) {
    var text = new StringBuilder();
    for (int y = 0; y < modules.getHeight(); y += 2) {
      for (int x = 0; x < modules.getWidth(); x++) {
        boolean upper = modules.get(x, y);
        boolean lower = y + 1 < modules.getHeight() && modules.get(x, y + 1);
        text.append(colours ? coloured(upper, lower) : plain(upper, lower));
      }
      text.append(colours ? END : "").append('\n');
    }
    return text.toString();
  }

  private static String coloured(boolean upper, boolean lower) {
    if (upper == lower) {
      return (upper ? WHITE_AND_BLACK : BLACK_AND_WHITE) + " ";
    }
    return (upper ? BLACK_AND_WHITE : WHITE_AND_BLACK) + "▀";
  }

  private static char plain(boolean upper, boolean lower) {
    if (upper) {
      return lower ? ' ' : '▄';
    }
    return lower ? '▀' : '█';
  }

  /// Writes a picture, whole or not at all.
  void writePng(Path file) throws IOException {
    var image =
        new BufferedImage(
            modules.getWidth() * PIXELS,
            modules.getHeight() * PIXELS,
            BufferedImage.TYPE_BYTE_BINARY);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        image.setRGB(x, y, modules.get(x / PIXELS, y / PIXELS) ? 0 : WHITE);
      }
    }
    Path target = file.toAbsolutePath();
    Path aside = target.resolveSibling("." + target.getFileName() + ".new");
    if (!ImageIO.write(image, "png", aside.toFile())) {
      throw new IOException("this Java writes no PNG");
    }
    Files.move(aside, target, StandardCopyOption.REPLACE_EXISTING);
  }
}
