-- +goose Up
ALTER TABLE `lifecycles` ADD COLUMN `trace_parent` text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE `lifecycles` DROP COLUMN `trace_parent`;
