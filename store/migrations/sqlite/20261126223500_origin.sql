-- +goose Up
-- modify "interactions" table
ALTER TABLE `interactions` ADD COLUMN `origin` text NOT NULL DEFAULT ('INTRUDER');

-- +goose Down
-- reverse: modify "interactions" table
ALTER TABLE `interactions` DROP COLUMN `origin`;
