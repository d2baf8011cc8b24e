-- +goose Up
-- modify "lifecycles" table
ALTER TABLE "lifecycles" ADD COLUMN "reshape" jsonb NULL;

-- +goose Down
-- reverse: modify "lifecycles" table
ALTER TABLE "lifecycles" DROP COLUMN "reshape";
