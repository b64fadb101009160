package dev.nanoclaw.killmatrix;

/// Something that must not happen.
record Violation(Kind kind, String what) {

  enum Kind {
    /// The host said that it has the message, and has it not.
    MESSAGE_LOST,
    /// Messages are stored in another order than they came.
    STORED_OUT_OF_ORDER,
    /// A question is in no completed turn and no dead letter.
    UNANSWERED,
    /// A message is in two inputs, or an input in two completed turns.
    ANSWERED_TWICE,
    /// An input is done, and no agent said so.
    DONE_WITHOUT_FRAME,
    /// An agent never read a message, or read it out of order.
    PROMPT,
    /// An input was given up on which agents did not fail often enough.
    GIVEN_UP_EARLY,
    /// The chat heard nothing of a dead letter.
    DEAD_LETTER_UNTOLD,
    /// A command was never carried out.
    COMMAND_LOST,
    /// What an agent said was not taken, or taken and never sent.
    ANSWER_LOST,
    /// What an agent said was sent under two ids.
    SENT_UNDER_TWO_IDS,
    /// Answers came in another order than the agent gave them.
    SENT_OUT_OF_ORDER,
    /// A text was sent that no agent said.
    FORGED,
    /// Two containers for one group at a time.
    TWO_CONTAINERS,
    /// More containers than the cap.
    OVER_CAP,
    /// Something is open, or its files are there, although nothing happens any more.
    LEFT_OPEN,
    /// The host did not start, ended by itself or did not become quiet.
    HOST
  }
}
