/// Other programs as children: asked and waited for, or started in a session of their own. The only
/// user of `ProcessBuilder`.
@NullMarked
package dev.nanoclaw.process;

import org.jspecify.annotations.NullMarked;
