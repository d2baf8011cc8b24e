-- +goose Up
-- add column "credential_id" to table: "interactions"
ALTER TABLE `interactions` ADD COLUMN `credential_id` text NULL;
-- create index "interaction_decky_ref_session" to table: "interactions"
CREATE INDEX `interaction_decky_ref_session` ON `interactions` (`decky_ref`, `session`);
-- create index "interaction_credential_id" to table: "interactions"
CREATE INDEX `interaction_credential_id` ON `interactions` (`credential_id`);
-- create "attackers" table
CREATE TABLE `attackers` (`id` text NOT NULL, `address` text NOT NULL, `first_seen_at` datetime NOT NULL, `last_seen_at` datetime NOT NULL, `interactions` integer NOT NULL, `sessions` integer NOT NULL, `attempts` integer NOT NULL, `commands` integer NOT NULL, `deckies` integer NOT NULL, `services` json NOT NULL, `last_number` integer NOT NULL, PRIMARY KEY (`id`));
-- create index "attackers_address_key" to table: "attackers"
CREATE UNIQUE INDEX `attackers_address_key` ON `attackers` (`address`);
-- create index "attacker_last_seen_at" to table: "attackers"
CREATE INDEX `attacker_last_seen_at` ON `attackers` (`last_seen_at`);
-- create index "attacker_first_seen_at" to table: "attackers"
CREATE INDEX `attacker_first_seen_at` ON `attackers` (`first_seen_at`);
-- create index "attacker_interactions" to table: "attackers"
CREATE INDEX `attacker_interactions` ON `attackers` (`interactions`);
-- create index "attacker_last_number" to table: "attackers"
CREATE INDEX `attacker_last_number` ON `attackers` (`last_number`);
-- create "credentials" table
CREATE TABLE `credentials` (`id` text NOT NULL, `digest` blob NOT NULL, `service` text NOT NULL, `kind` text NOT NULL, `principal` text NOT NULL, `secret` text NOT NULL, `secret_bytes` blob NOT NULL, `attempts` integer NOT NULL, `accepted` integer NOT NULL, `first_seen_at` datetime NOT NULL, `last_seen_at` datetime NOT NULL, `last_source_ip` text NOT NULL, `last_decky_name` text NOT NULL, `last_number` integer NOT NULL, PRIMARY KEY (`id`));
-- create index "credentials_digest_key" to table: "credentials"
CREATE UNIQUE INDEX `credentials_digest_key` ON `credentials` (`digest`);
-- create index "credential_attempts" to table: "credentials"
CREATE INDEX `credential_attempts` ON `credentials` (`attempts`);
-- create index "credential_last_seen_at" to table: "credentials"
CREATE INDEX `credential_last_seen_at` ON `credentials` (`last_seen_at`);
-- create index "credential_last_number" to table: "credentials"
CREATE INDEX `credential_last_number` ON `credentials` (`last_number`);
-- create "sessions" table
CREATE TABLE `sessions` (`id` text NOT NULL, `key` text NOT NULL, `decky_ref` text NOT NULL, `decky_name` text NOT NULL, `deployment_name` text NOT NULL, `service` text NOT NULL, `source_ip` text NOT NULL, `source_port` integer NOT NULL, `dest_port` integer NOT NULL, `started_at` datetime NOT NULL, `last_at` datetime NOT NULL, `ended_at` datetime NULL, `principal` text NULL, `authenticated` bool NOT NULL DEFAULT (false), `interactions` integer NOT NULL, `attempts` integer NOT NULL, `commands` integer NOT NULL, `downloads` integer NOT NULL, `recorded` bool NOT NULL DEFAULT (false), `last_number` integer NOT NULL, `decky_id` text NULL, PRIMARY KEY (`id`), CONSTRAINT `sessions_deckies_sessions` FOREIGN KEY (`decky_id`) REFERENCES `deckies` (`id`) ON DELETE SET NULL);
-- create index "session_decky_ref_key" to table: "sessions"
CREATE UNIQUE INDEX `session_decky_ref_key` ON `sessions` (`decky_ref`, `key`);
-- create index "session_started_at" to table: "sessions"
CREATE INDEX `session_started_at` ON `sessions` (`started_at`);
-- create index "session_last_at" to table: "sessions"
CREATE INDEX `session_last_at` ON `sessions` (`last_at`);
-- create index "session_source_ip_started_at" to table: "sessions"
CREATE INDEX `session_source_ip_started_at` ON `sessions` (`source_ip`, `started_at`);
-- create index "session_last_number" to table: "sessions"
CREATE INDEX `session_last_number` ON `sessions` (`last_number`);
-- create "touches" table
CREATE TABLE `touches` (`id` text NOT NULL, `decky_ref` text NOT NULL, `decky_name` text NOT NULL, `deployment_name` text NOT NULL, `service` text NOT NULL, `interactions` integer NOT NULL, `first_seen_at` datetime NOT NULL, `last_seen_at` datetime NOT NULL, `attacker_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `touches_attackers_touches` FOREIGN KEY (`attacker_id`) REFERENCES `attackers` (`id`) ON DELETE CASCADE);
-- create index "touch_attacker_id_decky_ref_service" to table: "touches"
CREATE UNIQUE INDEX `touch_attacker_id_decky_ref_service` ON `touches` (`attacker_id`, `decky_ref`, `service`);
-- create index "touch_service" to table: "touches"
CREATE INDEX `touch_service` ON `touches` (`service`);

-- +goose Down
-- reverse: create index "touch_service" to table: "touches"
DROP INDEX `touch_service`;
-- reverse: create index "touch_attacker_id_decky_ref_service" to table: "touches"
DROP INDEX `touch_attacker_id_decky_ref_service`;
-- reverse: create "touches" table
DROP TABLE `touches`;
-- reverse: create index "session_last_number" to table: "sessions"
DROP INDEX `session_last_number`;
-- reverse: create index "session_source_ip_started_at" to table: "sessions"
DROP INDEX `session_source_ip_started_at`;
-- reverse: create index "session_last_at" to table: "sessions"
DROP INDEX `session_last_at`;
-- reverse: create index "session_started_at" to table: "sessions"
DROP INDEX `session_started_at`;
-- reverse: create index "session_decky_ref_key" to table: "sessions"
DROP INDEX `session_decky_ref_key`;
-- reverse: create "sessions" table
DROP TABLE `sessions`;
-- reverse: create index "credential_last_number" to table: "credentials"
DROP INDEX `credential_last_number`;
-- reverse: create index "credential_last_seen_at" to table: "credentials"
DROP INDEX `credential_last_seen_at`;
-- reverse: create index "credential_attempts" to table: "credentials"
DROP INDEX `credential_attempts`;
-- reverse: create index "credentials_digest_key" to table: "credentials"
DROP INDEX `credentials_digest_key`;
-- reverse: create "credentials" table
DROP TABLE `credentials`;
-- reverse: create index "attacker_last_number" to table: "attackers"
DROP INDEX `attacker_last_number`;
-- reverse: create index "attacker_interactions" to table: "attackers"
DROP INDEX `attacker_interactions`;
-- reverse: create index "attacker_first_seen_at" to table: "attackers"
DROP INDEX `attacker_first_seen_at`;
-- reverse: create index "attacker_last_seen_at" to table: "attackers"
DROP INDEX `attacker_last_seen_at`;
-- reverse: create index "attackers_address_key" to table: "attackers"
DROP INDEX `attackers_address_key`;
-- reverse: create "attackers" table
DROP TABLE `attackers`;
-- reverse: create index "interaction_credential_id" to table: "interactions"
DROP INDEX `interaction_credential_id`;
-- reverse: create index "interaction_decky_ref_session" to table: "interactions"
DROP INDEX `interaction_decky_ref_session`;
-- reverse: add column "credential_id" to table: "interactions"
ALTER TABLE `interactions` DROP COLUMN `credential_id`;
