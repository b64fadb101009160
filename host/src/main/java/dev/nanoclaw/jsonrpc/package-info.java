/// JSON-RPC 2.0 in lines, as the control socket and the WhatsApp bridge speak it.
@NullMarked
package dev.nanoclaw.jsonrpc;

import org.jspecify.annotations.NullMarked;
