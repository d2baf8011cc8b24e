-- +goose Up
-- modify "deckies" table
ALTER TABLE "deckies" ADD COLUMN "settings" jsonb NULL;

-- +goose Down
-- reverse: modify "deckies" table
ALTER TABLE "deckies" DROP COLUMN "settings";
