import java.nio.file.Files;
import java.nio.file.Path;
import org.flywaydb.core.Flyway;
import org.jooq.codegen.GenerationTool;
import org.jooq.meta.jaxb.Configuration;
import org.jooq.meta.jaxb.Database;
import org.jooq.meta.jaxb.ForcedType;
import org.jooq.meta.jaxb.Generate;
import org.jooq.meta.jaxb.Generator;
import org.jooq.meta.jaxb.Jdbc;
import org.jooq.meta.jaxb.Target;

/// Migrates an empty database and writes the jOOQ classes for it: `scripts/generate-jooq`.
class GenerateJooq {

  public static void main(String[] args) throws Exception {
    Path file = Files.createTempDirectory("jooq").resolve("schema.db");
    String url = "jdbc:sqlite:" + file;
    Flyway.configure().dataSource(url, null, null).locations("filesystem:" + args[0]).load().migrate();
    GenerationTool.generate(
        new Configuration()
            .withJdbc(new Jdbc().withDriver("org.sqlite.JDBC").withUrl(url))
            .withGenerator(
                new Generator()
                    .withDatabase(
                        new Database()
                            .withName("org.jooq.meta.sqlite.SQLiteDatabase")
                            .withExcludes("flyway_schema_history|sqlite_.*")
                            .withForcedTypes(
                                forced("BOOLEAN", "is_.*|keeps_session|requires_trigger|mentions_me|triggered"),
                                forced("BIGINT", ".*seq|output_read|duration_ms|.*_id|id")))
                    .withGenerate(
                        new Generate()
                            .withRecords(false)
                            .withIndexes(false)
                            .withKeys(false)
                            .withRelations(false)
                            .withGlobalCatalogReferences(false)
                            .withGlobalSchemaReferences(false)
                            .withComments(false)
                            .withGeneratedAnnotation(false))
                    .withTarget(
                        new Target()
                            .withPackageName("dev.nanoclaw.db.generated")
                            .withDirectory(args[1]))));
  }

  private static ForcedType forced(String type, String columns) {
    return new ForcedType()
        .withName(type)
        .withIncludeTypes("(?i:INTEGER)")
        .withIncludeExpression(".*\\.(" + columns + ")|" + columns);
  }
}
