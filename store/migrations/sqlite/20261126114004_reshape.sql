-- +goose Up
-- add column "reshape" to table: "lifecycles"
ALTER TABLE `lifecycles` ADD COLUMN `reshape` json NULL;

-- +goose Down
-- reverse: add column "reshape" to table: "lifecycles"
ALTER TABLE `lifecycles` DROP COLUMN `reshape`;
