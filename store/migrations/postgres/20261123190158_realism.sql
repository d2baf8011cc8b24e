-- +goose Up
-- modify "deckies" table
ALTER TABLE "deckies" ADD COLUMN "realism" jsonb NULL;

-- +goose Down
-- reverse: modify "deckies" table
ALTER TABLE "deckies" DROP COLUMN "realism";
