-- +goose Up
ALTER TABLE "lifecycles" ADD COLUMN "trace_parent" character varying NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE "lifecycles" DROP COLUMN "trace_parent";
