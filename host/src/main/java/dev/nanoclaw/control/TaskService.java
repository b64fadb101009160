package dev.nanoclaw.control;

import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.ScheduledTask;
import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.jsonrpc.JsonRpc.RpcException;
import dev.nanoclaw.router.Registrations;
import dev.nanoclaw.scheduler.Tasks;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Scheduled tasks, for their owner.
public final class TaskService {

  private static final Logger log = LoggerFactory.getLogger(TaskService.class);

  private final Tasks tasks;
  private final TaskLists lists;
  private final Registrations registrations;

  public TaskService(Tasks tasks, TaskLists lists, Registrations registrations) {
    this.tasks = tasks;
    this.lists = lists;
    this.registrations = registrations;
  }

  /// What a new task is to be, as it was written.
  ///
  /// @param group the folder of the group whose agent does it
  public record Wish(
      String group,
      String prompt,
      String scheduleType,
      String scheduleValue,
      Optional<String> contextMode) {}

  /// `tasks.list {group?, all?}`.
  public Object list(JsonNode params, Connection connection) {
    boolean completed = params.path("all").asBoolean(false);
    return params.path("group").isString()
        ? lists.of(params.path("group").stringValue(), completed)
        : completed ? lists.all() : lists.open();
  }

  /// `tasks.show {id}`.
  public Object show(JsonNode params, Connection connection) {
    return lists.show(id(params));
  }

  /// `tasks.add {group, prompt, schedule_type, schedule_value, context_mode?}`.
  public Object add(JsonNode params, Connection connection) {
    return orRefuse(
        "Added",
        () -> {
          Wish wish = JsonRpc.value(params, Wish.class);
          Group group = registrations.registered(wish.group());
          return tasks.add(
              group,
              new Tasks.Wish(
                  wish.prompt(), wish.scheduleType(), wish.scheduleValue(), wish.contextMode()));
        });
  }

  /// `tasks.run {id}`.
  public Object run(JsonNode params, Connection connection) {
    return change("Started", params, tasks::run);
  }

  /// `tasks.pause {id}`.
  public Object pause(JsonNode params, Connection connection) {
    return change("Paused", params, tasks::pause);
  }

  /// `tasks.resume {id}`.
  public Object resume(JsonNode params, Connection connection) {
    return change("Resumed", params, tasks::resume);
  }

  /// `tasks.cancel {id}`.
  public Object cancel(JsonNode params, Connection connection) {
    return change("Cancelled", params, tasks::cancel);
  }

  private Object change(String what, JsonNode params, Function<String, ScheduledTask> how) {
    return orRefuse(what, () -> how.apply(lists.find(id(params)).id()));
  }

  private static String id(JsonNode params) {
    return params.path("id").asString("");
  }

  private Object orRefuse(String what, Supplier<ScheduledTask> how) {
    try {
      ScheduledTask task = how.get();
      log.info("{} task {} of {} as the owner wants it", what, task.id(), task.group());
      return lists.describe(task);
    } catch (Tasks.RefusedException | Registrations.RefusedException | JacksonException e) {
      throw new RpcException(JsonRpc.INVALID_PARAMS, String.valueOf(e.getMessage()));
    }
  }
}
