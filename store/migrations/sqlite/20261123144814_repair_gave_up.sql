-- +goose Up
ALTER TABLE `deckies` ADD COLUMN `repair_gave_up` bool NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE `deckies` DROP COLUMN `repair_gave_up`;
