package dev.nanoclaw.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.zxing.BinaryBitmap;
import com.google.zxing.MultiFormatReader;
import com.google.zxing.NotFoundException;
import com.google.zxing.RGBLuminanceSource;
import com.google.zxing.common.HybridBinarizer;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is drawn can be read back.
class QrCodeTest {

  private static final String CODE =
      "https://wa.me/settings/linked_devices#" + "2@abcDEF0123456789+/=,".repeat(9);
  private static final int SCALE = 4;

  @TempDir Path dir;

  @Test
  void thePictureSaysIt() throws Exception {
    new QrCode(CODE).writePng(dir.resolve("code.png"));
    assertThat(read(ImageIO.read(dir.resolve("code.png").toFile()))).isEqualTo(CODE);
    assertThat(dir.toFile().list()).containsExactly("code.png");
  }

  @Test
  void soDoTheHalfBlocksInColoursAndWithout() throws Exception {
    assertThat(read(modules(new QrCode(CODE).text(false), false))).isEqualTo(CODE);
    assertThat(read(modules(new QrCode(CODE).text(true), true))).isEqualTo(CODE);
  }

  /// What an eye sees: without colours light text on dark ground, where a code is light around its
  /// dark modules.
  private static BufferedImage modules(String text, boolean colours) {
    List<boolean[]> rows = new ArrayList<>(); // true is dark
    for (String line : text.lines().toList()) {
      List<Boolean> upper = new ArrayList<>();
      List<Boolean> lower = new ArrayList<>();
      boolean darkText = false;
      for (int i = 0; i < line.length(); i++) {
        if (line.charAt(i) == '\u001B') {
          int end = line.indexOf('m', i);
          darkText = line.substring(i + 2, end).equals("30;107");
          i = end;
          continue;
        }
        char sign = line.charAt(i);
        boolean ink = colours && darkText;
        boolean ground = !colours || !darkText;
        upper.add((sign == '█' || sign == '▀') ? ink : ground);
        lower.add((sign == '█' || sign == '▄') ? ink : ground);
      }
      rows.add(array(upper));
      rows.add(array(lower));
    }
    int width = rows.getFirst().length;
    var image =
        new BufferedImage(width * SCALE, rows.size() * SCALE, BufferedImage.TYPE_BYTE_BINARY);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        image.setRGB(x, y, rows.get(y / SCALE)[x / SCALE] ? 0 : 0xFFFFFF);
      }
    }
    return image;
  }

  private static boolean[] array(List<Boolean> list) {
    boolean[] array = new boolean[list.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = list.get(i);
    }
    return array;
  }

  private static String read(BufferedImage image) throws IOException, NotFoundException {
    int[] pixels =
        image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    var source = new RGBLuminanceSource(image.getWidth(), image.getHeight(), pixels);
    return new MultiFormatReader().decode(new BinaryBitmap(new HybridBinarizer(source))).getText();
  }
}
