-- +goose Up
-- create "counters" table
CREATE TABLE `counters` (`id` text NOT NULL, `value` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- create "deckies" table
CREATE TABLE `deckies` (`id` text NOT NULL, `name` text NOT NULL, `state` text NOT NULL DEFAULT ('PENDING'), `services` json NOT NULL, `observed_services` json NOT NULL, `generation` integer NOT NULL DEFAULT (1), `observed_generation` integer NOT NULL DEFAULT (0), `ip` text NOT NULL, `mac` text NULL, `hostname` text NOT NULL, `archetype` text NULL, `distro` text NOT NULL, `os` text NOT NULL, `seed` blob NOT NULL, `endpoints` json NULL, `instance` text NOT NULL DEFAULT (''), `mutate_interval` integer NULL, `last_mutated_at` datetime NULL, `next_mutation_at` datetime NULL, `repair_failures` integer NOT NULL DEFAULT (0), `repair_not_before` datetime NULL, `change` integer NOT NULL DEFAULT (0), `created_at` datetime NOT NULL, `deployment_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `deckies_deployments_deckies` FOREIGN KEY (`deployment_id`) REFERENCES `deployments` (`id`) ON DELETE CASCADE);
-- create index "decky_deployment_id_name" to table: "deckies"
CREATE UNIQUE INDEX `decky_deployment_id_name` ON `deckies` (`deployment_id`, `name`);
-- create index "decky_ip" to table: "deckies"
CREATE UNIQUE INDEX `decky_ip` ON `deckies` (`ip`);
-- create index "decky_next_mutation_at" to table: "deckies"
CREATE INDEX `decky_next_mutation_at` ON `deckies` (`next_mutation_at`);
-- create index "decky_change" to table: "deckies"
CREATE INDEX `decky_change` ON `deckies` (`change`);
-- create "deployments" table
CREATE TABLE `deployments` (`id` text NOT NULL, `name` text NOT NULL, `revision` integer NOT NULL DEFAULT (1), `network_driver` text NOT NULL, `subnet` text NOT NULL, `gateway` text NOT NULL DEFAULT (''), `parent` text NOT NULL DEFAULT (''), `mutate_interval` integer NULL, `removing` bool NOT NULL DEFAULT (false), `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "deployments_name_key" to table: "deployments"
CREATE UNIQUE INDEX `deployments_name_key` ON `deployments` (`name`);
-- create "event_positions" table
CREATE TABLE `event_positions` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `position` text NOT NULL, `malformed` integer NOT NULL DEFAULT (0), `decky_id` text NOT NULL, CONSTRAINT `event_positions_deckies_event_position` FOREIGN KEY (`decky_id`) REFERENCES `deckies` (`id`) ON DELETE CASCADE);
-- create index "event_positions_decky_id_key" to table: "event_positions"
CREATE UNIQUE INDEX `event_positions_decky_id_key` ON `event_positions` (`decky_id`);
-- create "idempotency_keys" table
CREATE TABLE `idempotency_keys` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `key` text NOT NULL, `actor` text NOT NULL, `input_hash` blob NOT NULL, `lifecycle_ids` json NOT NULL, `created_at` datetime NOT NULL);
-- create index "idempotencykey_actor_key" to table: "idempotency_keys"
CREATE UNIQUE INDEX `idempotencykey_actor_key` ON `idempotency_keys` (`actor`, `key`);
-- create index "idempotencykey_created_at" to table: "idempotency_keys"
CREATE INDEX `idempotencykey_created_at` ON `idempotency_keys` (`created_at`);
-- create "interactions" table
CREATE TABLE `interactions` (`id` text NOT NULL, `number` integer NOT NULL, `decky_ref` text NOT NULL, `decky_name` text NOT NULL, `deployment_name` text NOT NULL, `boot` text NOT NULL, `seq` integer NOT NULL, `at` datetime NOT NULL, `service` text NOT NULL, `type` text NOT NULL, `source_ip` text NOT NULL, `source_port` integer NOT NULL, `dest_port` integer NOT NULL, `session` text NOT NULL, `principal` text NULL, `secret` text NULL, `command` text NULL, `outcome` text NULL, `fields` json NULL, `message` text NOT NULL DEFAULT (''), `created_at` datetime NOT NULL, `decky_id` text NULL, PRIMARY KEY (`id`), CONSTRAINT `interactions_deckies_interactions` FOREIGN KEY (`decky_id`) REFERENCES `deckies` (`id`) ON DELETE SET NULL);
-- create index "interactions_number_key" to table: "interactions"
CREATE UNIQUE INDEX `interactions_number_key` ON `interactions` (`number`);
-- create index "interaction_decky_ref_boot_seq" to table: "interactions"
CREATE UNIQUE INDEX `interaction_decky_ref_boot_seq` ON `interactions` (`decky_ref`, `boot`, `seq`);
-- create index "interaction_at" to table: "interactions"
CREATE INDEX `interaction_at` ON `interactions` (`at`);
-- create index "interaction_source_ip_at" to table: "interactions"
CREATE INDEX `interaction_source_ip_at` ON `interactions` (`source_ip`, `at`);
-- create index "interaction_decky_id_at" to table: "interactions"
CREATE INDEX `interaction_decky_id_at` ON `interactions` (`decky_id`, `at`);
-- create index "interaction_type_at" to table: "interactions"
CREATE INDEX `interaction_type_at` ON `interactions` (`type`, `at`);
-- create "journal" table
CREATE TABLE `journal` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `seq` integer NOT NULL, `status` text NOT NULL, `stage` text NOT NULL DEFAULT (''), `attempt` integer NOT NULL DEFAULT (0), `at` datetime NOT NULL, `decky_ref` text NOT NULL, `decky_name` text NOT NULL, `deployment_name` text NOT NULL, `lifecycle_id` text NOT NULL, CONSTRAINT `journal_lifecycles_entries` FOREIGN KEY (`lifecycle_id`) REFERENCES `lifecycles` (`id`) ON DELETE CASCADE);
-- create index "journalentry_lifecycle_id_seq" to table: "journal"
CREATE UNIQUE INDEX `journalentry_lifecycle_id_seq` ON `journal` (`lifecycle_id`, `seq`);
-- create "lifecycles" table
CREATE TABLE `lifecycles` (`id` text NOT NULL, `decky_ref` text NOT NULL, `decky_name` text NOT NULL, `deployment_name` text NOT NULL, `operation` text NOT NULL, `status` text NOT NULL DEFAULT ('PENDING'), `stage` text NULL, `attempt` integer NOT NULL DEFAULT (0), `trigger` text NOT NULL, `actor` text NULL, `from_services` json NOT NULL, `to_services` json NOT NULL, `generation` integer NOT NULL, `error_code` text NULL, `error_message` text NULL, `error_detail` text NULL, `superseded_by` text NULL, `retry_of` text NULL, `seq` integer NOT NULL DEFAULT (0), `cancel_requested` bool NOT NULL DEFAULT (false), `lease_owner` text NOT NULL DEFAULT (''), `lease_expires_at` datetime NULL, `created_at` datetime NOT NULL, `started_at` datetime NULL, `completed_at` datetime NULL, `decky_id` text NULL, PRIMARY KEY (`id`), CONSTRAINT `lifecycles_deckies_lifecycles` FOREIGN KEY (`decky_id`) REFERENCES `deckies` (`id`) ON DELETE SET NULL);
-- create index "lifecycle_status_created_at" to table: "lifecycles"
CREATE INDEX `lifecycle_status_created_at` ON `lifecycles` (`status`, `created_at`);
-- create index "lifecycle_decky_id_created_at" to table: "lifecycles"
CREATE INDEX `lifecycle_decky_id_created_at` ON `lifecycles` (`decky_id`, `created_at`);
-- create index "lifecycle_deployment_name_decky_name_created_at" to table: "lifecycles"
CREATE INDEX `lifecycle_deployment_name_decky_name_created_at` ON `lifecycles` (`deployment_name`, `decky_name`, `created_at`);
-- create index "lifecycle_decky_ref" to table: "lifecycles"
CREATE UNIQUE INDEX `lifecycle_decky_ref` ON `lifecycles` (`decky_ref`) WHERE status = 'RUNNING';
-- create "tokens" table
CREATE TABLE `tokens` (`id` text NOT NULL, `hash` blob NOT NULL, `expires_at` datetime NOT NULL, `created_at` datetime NOT NULL, `user_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `tokens_users_tokens` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE);
-- create index "tokens_hash_key" to table: "tokens"
CREATE UNIQUE INDEX `tokens_hash_key` ON `tokens` (`hash`);
-- create "users" table
CREATE TABLE `users` (`id` text NOT NULL, `username` text NOT NULL, `password_hash` text NOT NULL, `role` text NOT NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "users_username_key" to table: "users"
CREATE UNIQUE INDEX `users_username_key` ON `users` (`username`);

