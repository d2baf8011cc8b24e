-- +goose Up
-- modify "tokens" table
ALTER TABLE "tokens" ADD COLUMN "kind" character varying NOT NULL DEFAULT 'SESSION', ADD COLUMN "name" character varying NOT NULL DEFAULT '', ADD COLUMN "role" character varying NOT NULL DEFAULT 'ADMIN', ADD COLUMN "peer" character varying NOT NULL DEFAULT '', ADD COLUMN "last_used_at" timestamptz NULL;
-- modify "users" table
ALTER TABLE "users" ADD COLUMN "disabled" boolean NOT NULL DEFAULT false, ADD COLUMN "password_due" boolean NOT NULL DEFAULT false;
-- create "audit" table
CREATE TABLE "audit" ("id" character varying NOT NULL, "number" bigint NOT NULL, "at" timestamptz NOT NULL, "actor" character varying NOT NULL, "peer" character varying NOT NULL, "action" character varying NOT NULL, "result" character varying NOT NULL, "detail" character varying NOT NULL DEFAULT '', PRIMARY KEY ("id"));
-- create index "audit_number_key" to table: "audit"
CREATE UNIQUE INDEX "audit_number_key" ON "audit" ("number");
-- create index "auditentry_actor_at" to table: "audit"
CREATE INDEX "auditentry_actor_at" ON "audit" ("actor", "at");
-- create index "auditentry_at" to table: "audit"
CREATE INDEX "auditentry_at" ON "audit" ("at");
-- +goose StatementBegin
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION refuse_change('the audit trail is append-only');
-- +goose StatementEnd
INSERT INTO counters (id, value) VALUES ('audit', 0);

-- +goose Down
DELETE FROM counters WHERE id = 'audit';
-- reverse: create index "auditentry_at" to table: "audit"
DROP INDEX "auditentry_at";
-- reverse: create index "auditentry_actor_at" to table: "audit"
DROP INDEX "auditentry_actor_at";
-- reverse: create index "audit_number_key" to table: "audit"
DROP INDEX "audit_number_key";
-- reverse: create "audit" table
DROP TABLE "audit";
-- reverse: modify "users" table
ALTER TABLE "users" DROP COLUMN "password_due", DROP COLUMN "disabled";
-- reverse: modify "tokens" table
ALTER TABLE "tokens" DROP COLUMN "last_used_at", DROP COLUMN "peer", DROP COLUMN "role", DROP COLUMN "name", DROP COLUMN "kind";
