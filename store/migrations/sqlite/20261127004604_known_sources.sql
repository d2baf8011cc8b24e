-- +goose Up
-- create "known_sources" table
CREATE TABLE `known_sources` (`id` text NOT NULL, `network` text NOT NULL, `note` text NOT NULL, `created_by` text NOT NULL, `created_at` datetime NOT NULL, `expires_at` datetime NULL, `interactions` integer NOT NULL DEFAULT (0), `last_seen_at` datetime NULL, PRIMARY KEY (`id`));
-- create index "known_sources_network_key" to table: "known_sources"
CREATE UNIQUE INDEX `known_sources_network_key` ON `known_sources` (`network`);

-- +goose Down
-- reverse: create index "known_sources_network_key" to table: "known_sources"
DROP INDEX `known_sources_network_key`;
-- reverse: create "known_sources" table
DROP TABLE `known_sources`;
