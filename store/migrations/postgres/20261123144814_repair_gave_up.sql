-- +goose Up
-- modify "deckies" table
ALTER TABLE "deckies" ADD COLUMN "repair_gave_up" boolean NOT NULL DEFAULT false;

-- +goose Down
-- reverse: modify "deckies" table
ALTER TABLE "deckies" DROP COLUMN "repair_gave_up";
