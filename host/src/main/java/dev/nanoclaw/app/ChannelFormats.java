package dev.nanoclaw.app;

import dev.nanoclaw.channel.whatsapp.WhatsAppChannel;
import dev.nanoclaw.channel.whatsapp.WhatsAppFormat;
import dev.nanoclaw.config.Settings;
import dev.nanoclaw.domain.ChatFormat;
import dev.nanoclaw.domain.ChatJid;
import java.util.List;

/// How each channel wants to be written to. Terminals take the text as it is.
final class ChannelFormats implements ChatFormat {

  private final String prefix;

  /// On a number that the owner writes from, too, the assistant says who it is.
  ChannelFormats(Settings.Assistant assistant) {
    this.prefix = assistant.hasOwnNumber() ? "" : assistant.name() + ": ";
  }

  @Override
  public List<String> parts(ChatJid chat, String text) {
    return WhatsAppChannel.isAddress(chat.value())
        ? WhatsAppFormat.parts(text, prefix)
        : List.of(text);
  }
}
