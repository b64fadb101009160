/// Who has a turn and how many at once. Knows nothing of containers or chats.
@NullMarked
package dev.nanoclaw.queue;

import org.jspecify.annotations.NullMarked;
