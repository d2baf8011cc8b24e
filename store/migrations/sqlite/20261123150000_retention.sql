-- The journal and the interactions may be pruned: only from their beginning, only up to the number that the counters "…-pruned" hold, and of the
-- journal nothing from the first entry of a lifecycle on that has not ended.
-- +goose Up
ALTER TABLE event_positions ADD COLUMN boot text NOT NULL DEFAULT '';
ALTER TABLE event_positions ADD COLUMN seq integer NOT NULL DEFAULT 0;
INSERT INTO counters (id, value) VALUES ('journal-pruned', 0), ('interaction-pruned', 0);
-- Which life of this database it is: what its cursors bear. A copy that is taken into use draws another.
INSERT INTO counters (id, value) VALUES ('epoch', abs(random()));
-- +goose StatementBegin
CREATE TRIGGER counters_pruned BEFORE UPDATE OF value ON counters
WHEN NEW.id IN ('journal-pruned', 'interaction-pruned') AND (NEW.value < OLD.value OR NEW.id = 'journal-pruned' AND EXISTS (
  SELECT 1 FROM journal j JOIN lifecycles l ON l.id = j.lifecycle_id
  WHERE j.id <= NEW.value AND l.status NOT IN ('SUCCEEDED', 'FAILED', 'CANCELED', 'SUPERSEDED')))
BEGIN
  SELECT RAISE(ABORT, 'pruning never goes back, and never reaches a lifecycle that has not ended');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER journal_pruned BEFORE DELETE ON journal
WHEN OLD.id > (SELECT value FROM counters WHERE id = 'journal-pruned')
BEGIN
  SELECT RAISE(ABORT, 'the journal is deleted only from its beginning');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER interactions_pruned BEFORE DELETE ON interactions
WHEN OLD.number > (SELECT value FROM counters WHERE id = 'interaction-pruned')
BEGIN
  SELECT RAISE(ABORT, 'interactions are deleted only from their beginning');
END;
-- +goose StatementEnd
