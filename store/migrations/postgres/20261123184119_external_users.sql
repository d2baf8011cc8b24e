-- +goose Up
-- modify "users" table
ALTER TABLE "users" ADD COLUMN "subject" character varying NULL;
-- create index "users_subject_key" to table: "users"
CREATE UNIQUE INDEX "users_subject_key" ON "users" ("subject");

-- +goose Down
-- reverse: create index "users_subject_key" to table: "users"
DROP INDEX "users_subject_key";
-- reverse: modify "users" table
ALTER TABLE "users" DROP COLUMN "subject";
