/// WhatsApp, through the program `whatsapp-bridge`.
@NullMarked
package dev.nanoclaw.channel.whatsapp;

import org.jspecify.annotations.NullMarked;
