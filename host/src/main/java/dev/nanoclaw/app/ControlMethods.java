package dev.nanoclaw.app;

import static java.util.Map.entry;

import dev.nanoclaw.control.ChatService;
import dev.nanoclaw.control.ControlServer.Method;
import dev.nanoclaw.control.DeadLetterService;
import dev.nanoclaw.control.GroupDetailService;
import dev.nanoclaw.control.GroupService;
import dev.nanoclaw.control.StatusService;
import dev.nanoclaw.control.TaskService;
import dev.nanoclaw.control.WhatsAppService;
import java.util.Map;

/// The names under which the services can be asked over the control socket.
///
/// @param groupDetails of one group
record ControlMethods(
    ChatService chat,
    StatusService status,
    GroupService groups,
    GroupDetailService groupDetails,
    TaskService tasks,
    DeadLetterService deadLetters,
    WhatsAppService whatsapp) {

  Map<String, Method> byName() {
    return Map.ofEntries(
        entry("chat.attach", chat::attach),
        entry("chat.send", chat::send),
        entry("chat.wait", chat::await),
        entry("status", status::status),
        entry("groups.list", groups::list),
        entry("groups.available", groups::available),
        entry("groups.register", groups::register),
        entry("groups.show", groupDetails::show),
        entry("groups.set", groups::set),
        entry("groups.remove", groups::remove),
        entry("tasks.list", tasks::list),
        entry("tasks.show", tasks::show),
        entry("tasks.add", tasks::add),
        entry("tasks.run", tasks::run),
        entry("tasks.pause", tasks::pause),
        entry("tasks.resume", tasks::resume),
        entry("tasks.cancel", tasks::cancel),
        entry("deadletters.list", deadLetters::list),
        entry("deadletters.retry", deadLetters::retry),
        entry("deadletters.drop", deadLetters::drop),
        entry("whatsapp.status", whatsapp::status),
        entry("whatsapp.pair", whatsapp::pair),
        entry("whatsapp.pair_phone", whatsapp::pairPhone),
        entry("whatsapp.logout", whatsapp::logout));
  }
}
