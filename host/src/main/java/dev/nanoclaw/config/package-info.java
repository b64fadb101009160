/// What the owner decides: `config.yml`, `credentials.yml` and the environment, read once and
/// checked completely before anything else starts. The only reader of environment variables.
///
/// Every setting is one line of the table in `Keys`; checks, messages, the shipped `config.yml`,
/// the upgrade and `docs/settings.md` follow from it.
@NullMarked
package dev.nanoclaw.config;

import org.jspecify.annotations.NullMarked;
