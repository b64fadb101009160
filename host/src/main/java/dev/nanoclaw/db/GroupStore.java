package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.REGISTERED_GROUPS;
import static dev.nanoclaw.db.generated.Tables.SESSIONS;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jooq.DSLContext;
import org.jooq.Record;

/// The registered groups and the session of each.
public final class GroupStore {

  private final Database database;

  public GroupStore(Database database) {
    this.database = database;
  }

  /// Registers a group; its chat is made known too.
  ///
  /// @throws DatabaseException when the chat or the folder belongs to another registration
  public void add(Group group, String channel) {
    database.write(sql -> {
      ChatStore.insert(sql, group.jid(), channel);
      return sql.insertInto(REGISTERED_GROUPS)
          .set(REGISTERED_GROUPS.JID, group.jid().value())
          .set(REGISTERED_GROUPS.NAME, group.name())
          .set(REGISTERED_GROUPS.FOLDER, group.folder().value())
          .set(REGISTERED_GROUPS.TRIGGER_PATTERN, group.trigger().orElse(null))
          .set(REGISTERED_GROUPS.ADDED_AT, Times.text(group.addedAt()))
          .set(REGISTERED_GROUPS.REQUIRES_TRIGGER, group.requiresTrigger())
          .set(REGISTERED_GROUPS.IS_MAIN, group.main())
          .set(
              REGISTERED_GROUPS.CONTAINER_CONFIG,
              group.timeout().map(ContainerConfig::text).orElse(null))
          .execute();
    });
  }

  /// Changes what a group is called, what it answers to and its time limit; its chat, its folder
  /// and whether it is main stay as they are.
  ///
  /// @param change is given the group as it is now
  /// @return the group as it is then; empty when there is none
  public Optional<Group> change(GroupFolder folder, UnaryOperator<Group> change) {
    return database.write(sql -> {
      Optional<Record> row = find(sql, folder);
      row.ifPresent(it -> store(sql, change.apply(group(it)), it));
      return row.isEmpty() ? Optional.empty() : find(sql, folder).map(GroupStore::group);
    });
  }

  private static void store(DSLContext sql, Group group, Record before) {
    String config = before.get(REGISTERED_GROUPS.CONTAINER_CONFIG);
    sql.update(REGISTERED_GROUPS)
        .set(REGISTERED_GROUPS.NAME, group.name())
        .set(REGISTERED_GROUPS.TRIGGER_PATTERN, group.trigger().orElse(null))
        .set(REGISTERED_GROUPS.REQUIRES_TRIGGER, group.requiresTrigger())
        .set(
            REGISTERED_GROUPS.CONTAINER_CONFIG,
            ContainerConfig.changed(config == null ? "{}" : config, group))
        .where(REGISTERED_GROUPS.FOLDER.eq(before.get(REGISTERED_GROUPS.FOLDER)))
        .execute();
  }

  /// All groups in the order of their registration.
  public List<Group> all() {
    return database.read(sql ->
        sql.selectFrom(REGISTERED_GROUPS)
            .orderBy(REGISTERED_GROUPS.ADDED_AT, REGISTERED_GROUPS.FOLDER)
            .fetch(GroupStore::group));
  }

  /// The group of a chat.
  public Optional<Group> byChat(ChatJid chat) {
    return database.read(sql ->
        sql.selectFrom(REGISTERED_GROUPS)
            .where(REGISTERED_GROUPS.JID.eq(chat.value()))
            .fetchOptional(GroupStore::group));
  }

  /// The group of a folder.
  public Optional<Group> byFolder(GroupFolder folder) {
    return database.read(sql -> find(sql, folder)).map(GroupStore::group);
  }

  static Optional<Record> find(DSLContext sql, GroupFolder folder) {
    return sql.selectFrom(REGISTERED_GROUPS)
        .where(REGISTERED_GROUPS.FOLDER.eq(folder.value()))
        .fetchOptional();
  }

  /// The Claude session that the group's next run goes on with.
  public Optional<String> session(GroupFolder folder) {
    return database.read(sql ->
        sql.select(SESSIONS.SESSION_ID)
            .from(SESSIONS)
            .where(SESSIONS.GROUP_FOLDER.eq(folder.value()))
            .fetchOptional(SESSIONS.SESSION_ID));
  }

  static Group group(Record row) {
    return new Group(
        new ChatJid(row.get(REGISTERED_GROUPS.JID)),
        row.get(REGISTERED_GROUPS.NAME),
        new GroupFolder(row.get(REGISTERED_GROUPS.FOLDER)),
        Optional.ofNullable(row.get(REGISTERED_GROUPS.TRIGGER_PATTERN)),
        row.get(REGISTERED_GROUPS.REQUIRES_TRIGGER),
        row.get(REGISTERED_GROUPS.IS_MAIN),
        Optional.ofNullable(row.get(REGISTERED_GROUPS.CONTAINER_CONFIG))
            .flatMap(ContainerConfig::timeout),
        Times.instant(row.get(REGISTERED_GROUPS.ADDED_AT)));
  }
}
