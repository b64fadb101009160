/// What agents ask of the host by files: who may ask for what, and how it is carried out. How the
/// files are taken is in `container`.
@NullMarked
package dev.nanoclaw.ipc;

import org.jspecify.annotations.NullMarked;
