-- +goose Up
-- add column "realism" to table: "deckies"
ALTER TABLE `deckies` ADD COLUMN `realism` json NULL;

-- +goose Down
-- reverse: add column "realism" to table: "deckies"
ALTER TABLE `deckies` DROP COLUMN `realism`;
