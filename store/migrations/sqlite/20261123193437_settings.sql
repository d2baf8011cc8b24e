-- +goose Up
-- add column "settings" to table: "deckies"
ALTER TABLE `deckies` ADD COLUMN `settings` json NULL;

-- +goose Down
-- reverse: add column "settings" to table: "deckies"
ALTER TABLE `deckies` DROP COLUMN `settings`;
