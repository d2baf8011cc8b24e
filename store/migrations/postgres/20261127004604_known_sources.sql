-- +goose Up
-- create "known_sources" table
CREATE TABLE "known_sources" ("id" character varying NOT NULL, "network" character varying NOT NULL, "note" character varying NOT NULL, "created_by" character varying NOT NULL, "created_at" timestamptz NOT NULL, "expires_at" timestamptz NULL, "interactions" bigint NOT NULL DEFAULT 0, "last_seen_at" timestamptz NULL, PRIMARY KEY ("id"));
-- create index "known_sources_network_key" to table: "known_sources"
CREATE UNIQUE INDEX "known_sources_network_key" ON "known_sources" ("network");

-- +goose Down
-- reverse: create index "known_sources_network_key" to table: "known_sources"
DROP INDEX "known_sources_network_key";
-- reverse: create "known_sources" table
DROP TABLE "known_sources";
