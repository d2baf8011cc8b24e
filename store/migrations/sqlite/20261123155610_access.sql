-- +goose Up
ALTER TABLE `tokens` ADD COLUMN `kind` text NOT NULL DEFAULT 'SESSION';
ALTER TABLE `tokens` ADD COLUMN `name` text NOT NULL DEFAULT '';
ALTER TABLE `tokens` ADD COLUMN `role` text NOT NULL DEFAULT 'ADMIN';
ALTER TABLE `tokens` ADD COLUMN `peer` text NOT NULL DEFAULT '';
ALTER TABLE `tokens` ADD COLUMN `last_used_at` datetime NULL;
ALTER TABLE `users` ADD COLUMN `disabled` bool NOT NULL DEFAULT false;
ALTER TABLE `users` ADD COLUMN `password_due` bool NOT NULL DEFAULT false;
CREATE TABLE `audit` (`id` text NOT NULL, `number` integer NOT NULL, `at` datetime NOT NULL, `actor` text NOT NULL, `peer` text NOT NULL, `action` text NOT NULL, `result` text NOT NULL, `detail` text NOT NULL DEFAULT (''), PRIMARY KEY (`id`));
CREATE UNIQUE INDEX `audit_number_key` ON `audit` (`number`);
CREATE INDEX `auditentry_at` ON `audit` (`at`);
CREATE INDEX `auditentry_actor_at` ON `audit` (`actor`, `at`);
-- +goose StatementBegin
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
-- +goose StatementEnd
INSERT INTO counters (id, value) VALUES ('audit', 0);

-- +goose Down
DELETE FROM counters WHERE id = 'audit';
DROP TABLE `audit`;
ALTER TABLE `users` DROP COLUMN `password_due`;
ALTER TABLE `users` DROP COLUMN `disabled`;
ALTER TABLE `tokens` DROP COLUMN `last_used_at`;
ALTER TABLE `tokens` DROP COLUMN `peer`;
ALTER TABLE `tokens` DROP COLUMN `role`;
ALTER TABLE `tokens` DROP COLUMN `name`;
ALTER TABLE `tokens` DROP COLUMN `kind`;
