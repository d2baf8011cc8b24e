-- +goose Up
-- Written by hand: an added column needs no new table.
ALTER TABLE `users` ADD COLUMN `subject` text NULL;
CREATE UNIQUE INDEX `users_subject_key` ON `users` (`subject`);

-- +goose Down
DROP INDEX `users_subject_key`;
ALTER TABLE `users` DROP COLUMN `subject`;
