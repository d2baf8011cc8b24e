-- +goose Up
-- drop index "lifecycle_decky_ref" from table: "lifecycles"
DROP INDEX `lifecycle_decky_ref`;
-- create index "lifecycle_decky_ref" to table: "lifecycles"
CREATE UNIQUE INDEX `lifecycle_decky_ref` ON `lifecycles` (`decky_ref`) WHERE 'RUNNING' = status;
-- create index "lifecycle_decky_ref_status" to table: "lifecycles"
CREATE INDEX `lifecycle_decky_ref_status` ON `lifecycles` (`decky_ref`, `status`);

-- +goose Down
-- reverse: create index "lifecycle_decky_ref_status" to table: "lifecycles"
DROP INDEX `lifecycle_decky_ref_status`;
-- reverse: create index "lifecycle_decky_ref" to table: "lifecycles"
DROP INDEX `lifecycle_decky_ref`;
-- reverse: drop index "lifecycle_decky_ref" from table: "lifecycles"
CREATE UNIQUE INDEX `lifecycle_decky_ref` ON `lifecycles` (`decky_ref`) WHERE status = 'RUNNING';
