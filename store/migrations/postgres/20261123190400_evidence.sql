-- +goose Up
-- modify "interactions" table
ALTER TABLE "interactions" ADD COLUMN "credential_id" character varying NULL;
-- create index "interaction_credential_id" to table: "interactions"
CREATE INDEX "interaction_credential_id" ON "interactions" ("credential_id");
-- create index "interaction_decky_ref_session" to table: "interactions"
CREATE INDEX "interaction_decky_ref_session" ON "interactions" ("decky_ref", "session");
-- create "credentials" table
CREATE TABLE "credentials" ("id" character varying NOT NULL, "digest" bytea NOT NULL, "service" character varying NOT NULL, "kind" character varying NOT NULL, "principal" character varying NOT NULL, "secret" character varying NOT NULL, "secret_bytes" bytea NOT NULL, "attempts" bigint NOT NULL, "accepted" bigint NOT NULL, "first_seen_at" timestamptz NOT NULL, "last_seen_at" timestamptz NOT NULL, "last_source_ip" character varying NOT NULL, "last_decky_name" character varying NOT NULL, "last_number" bigint NOT NULL, PRIMARY KEY ("id"));
-- create index "credential_attempts" to table: "credentials"
CREATE INDEX "credential_attempts" ON "credentials" ("attempts");
-- create index "credential_last_number" to table: "credentials"
CREATE INDEX "credential_last_number" ON "credentials" ("last_number");
-- create index "credential_last_seen_at" to table: "credentials"
CREATE INDEX "credential_last_seen_at" ON "credentials" ("last_seen_at");
-- create index "credentials_digest_key" to table: "credentials"
CREATE UNIQUE INDEX "credentials_digest_key" ON "credentials" ("digest");
-- create "sessions" table
CREATE TABLE "sessions" ("id" character varying NOT NULL, "key" character varying NOT NULL, "decky_ref" character varying NOT NULL, "decky_name" character varying NOT NULL, "deployment_name" character varying NOT NULL, "service" character varying NOT NULL, "source_ip" character varying NOT NULL, "source_port" bigint NOT NULL, "dest_port" bigint NOT NULL, "started_at" timestamptz NOT NULL, "last_at" timestamptz NOT NULL, "ended_at" timestamptz NULL, "principal" character varying NULL, "authenticated" boolean NOT NULL DEFAULT false, "interactions" bigint NOT NULL, "attempts" bigint NOT NULL, "commands" bigint NOT NULL, "downloads" bigint NOT NULL, "recorded" boolean NOT NULL DEFAULT false, "last_number" bigint NOT NULL, "decky_id" character varying NULL, PRIMARY KEY ("id"), CONSTRAINT "sessions_deckies_sessions" FOREIGN KEY ("decky_id") REFERENCES "deckies" ("id") ON UPDATE NO ACTION ON DELETE SET NULL);
-- create index "session_decky_ref_key" to table: "sessions"
CREATE UNIQUE INDEX "session_decky_ref_key" ON "sessions" ("decky_ref", "key");
-- create index "session_last_at" to table: "sessions"
CREATE INDEX "session_last_at" ON "sessions" ("last_at");
-- create index "session_last_number" to table: "sessions"
CREATE INDEX "session_last_number" ON "sessions" ("last_number");
-- create index "session_source_ip_started_at" to table: "sessions"
CREATE INDEX "session_source_ip_started_at" ON "sessions" ("source_ip", "started_at");
-- create index "session_started_at" to table: "sessions"
CREATE INDEX "session_started_at" ON "sessions" ("started_at");
-- create "attackers" table
CREATE TABLE "attackers" ("id" character varying NOT NULL, "address" character varying NOT NULL, "first_seen_at" timestamptz NOT NULL, "last_seen_at" timestamptz NOT NULL, "interactions" bigint NOT NULL, "sessions" bigint NOT NULL, "attempts" bigint NOT NULL, "commands" bigint NOT NULL, "deckies" bigint NOT NULL, "services" jsonb NOT NULL, "last_number" bigint NOT NULL, PRIMARY KEY ("id"));
-- create index "attacker_first_seen_at" to table: "attackers"
CREATE INDEX "attacker_first_seen_at" ON "attackers" ("first_seen_at");
-- create index "attacker_interactions" to table: "attackers"
CREATE INDEX "attacker_interactions" ON "attackers" ("interactions");
-- create index "attacker_last_number" to table: "attackers"
CREATE INDEX "attacker_last_number" ON "attackers" ("last_number");
-- create index "attacker_last_seen_at" to table: "attackers"
CREATE INDEX "attacker_last_seen_at" ON "attackers" ("last_seen_at");
-- create index "attackers_address_key" to table: "attackers"
CREATE UNIQUE INDEX "attackers_address_key" ON "attackers" ("address");
-- create "touches" table
CREATE TABLE "touches" ("id" character varying NOT NULL, "decky_ref" character varying NOT NULL, "decky_name" character varying NOT NULL, "deployment_name" character varying NOT NULL, "service" character varying NOT NULL, "interactions" bigint NOT NULL, "first_seen_at" timestamptz NOT NULL, "last_seen_at" timestamptz NOT NULL, "attacker_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "touches_attackers_touches" FOREIGN KEY ("attacker_id") REFERENCES "attackers" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- create index "touch_attacker_id_decky_ref_service" to table: "touches"
CREATE UNIQUE INDEX "touch_attacker_id_decky_ref_service" ON "touches" ("attacker_id", "decky_ref", "service");
-- create index "touch_service" to table: "touches"
CREATE INDEX "touch_service" ON "touches" ("service");

-- +goose Down
-- reverse: create index "touch_service" to table: "touches"
DROP INDEX "touch_service";
-- reverse: create index "touch_attacker_id_decky_ref_service" to table: "touches"
DROP INDEX "touch_attacker_id_decky_ref_service";
-- reverse: create "touches" table
DROP TABLE "touches";
-- reverse: create index "attackers_address_key" to table: "attackers"
DROP INDEX "attackers_address_key";
-- reverse: create index "attacker_last_seen_at" to table: "attackers"
DROP INDEX "attacker_last_seen_at";
-- reverse: create index "attacker_last_number" to table: "attackers"
DROP INDEX "attacker_last_number";
-- reverse: create index "attacker_interactions" to table: "attackers"
DROP INDEX "attacker_interactions";
-- reverse: create index "attacker_first_seen_at" to table: "attackers"
DROP INDEX "attacker_first_seen_at";
-- reverse: create "attackers" table
DROP TABLE "attackers";
-- reverse: create index "session_started_at" to table: "sessions"
DROP INDEX "session_started_at";
-- reverse: create index "session_source_ip_started_at" to table: "sessions"
DROP INDEX "session_source_ip_started_at";
-- reverse: create index "session_last_number" to table: "sessions"
DROP INDEX "session_last_number";
-- reverse: create index "session_last_at" to table: "sessions"
DROP INDEX "session_last_at";
-- reverse: create index "session_decky_ref_key" to table: "sessions"
DROP INDEX "session_decky_ref_key";
-- reverse: create "sessions" table
DROP TABLE "sessions";
-- reverse: create index "credentials_digest_key" to table: "credentials"
DROP INDEX "credentials_digest_key";
-- reverse: create index "credential_last_seen_at" to table: "credentials"
DROP INDEX "credential_last_seen_at";
-- reverse: create index "credential_last_number" to table: "credentials"
DROP INDEX "credential_last_number";
-- reverse: create index "credential_attempts" to table: "credentials"
DROP INDEX "credential_attempts";
-- reverse: create "credentials" table
DROP TABLE "credentials";
-- reverse: create index "interaction_decky_ref_session" to table: "interactions"
DROP INDEX "interaction_decky_ref_session";
-- reverse: create index "interaction_credential_id" to table: "interactions"
DROP INDEX "interaction_credential_id";
-- reverse: modify "interactions" table
ALTER TABLE "interactions" DROP COLUMN "credential_id";
