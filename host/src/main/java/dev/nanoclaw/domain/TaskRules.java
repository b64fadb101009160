package dev.nanoclaw.domain;

import java.time.Duration;
import java.time.ZoneId;

/// What holds for all tasks.
///
/// @param zone in which schedules are meant
/// @param minInterval the shortest time between two runs of a task
/// @param maxFailures so many in a row pause a task
public record TaskRules(ZoneId zone, Duration minInterval, int maxFailures) {}
