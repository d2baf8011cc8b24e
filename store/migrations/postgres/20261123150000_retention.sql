-- The journal and the interactions may be pruned: only from their beginning, only up to the number that the counters "…-pruned" hold, and of the
-- journal nothing from the first entry of a lifecycle on that has not ended.
-- +goose Up
ALTER TABLE event_positions ADD COLUMN boot character varying NOT NULL DEFAULT '', ADD COLUMN seq bigint NOT NULL DEFAULT 0;
INSERT INTO counters (id, value) VALUES ('journal-pruned', 0), ('interaction-pruned', 0);
-- Which life of this database it is: what its cursors bear. A copy that is taken into use draws another.
INSERT INTO counters (id, value) VALUES ('epoch', (random() * 9e18)::bigint);
-- +goose StatementBegin
CREATE FUNCTION guard_pruning() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.value < OLD.value OR NEW.id = 'journal-pruned' AND EXISTS (
    SELECT 1 FROM journal j JOIN lifecycles l ON l.id = j.lifecycle_id
    WHERE j.id <= NEW.value AND l.status NOT IN ('SUCCEEDED', 'FAILED', 'CANCELED', 'SUPERSEDED')) THEN
    RAISE EXCEPTION 'pruning never goes back, and never reaches a lifecycle that has not ended';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER counters_pruned BEFORE UPDATE OF value ON counters
FOR EACH ROW WHEN (NEW.id IN ('journal-pruned', 'interaction-pruned')) EXECUTE FUNCTION guard_pruning();
-- +goose StatementBegin
CREATE FUNCTION guard_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (to_jsonb(OLD) ->> TG_ARGV[1])::bigint > (SELECT value FROM counters WHERE id = TG_ARGV[0]) THEN
    RAISE EXCEPTION '%', TG_ARGV[2];
  END IF;
  RETURN OLD;
END $$;
-- +goose StatementEnd
CREATE TRIGGER journal_pruned BEFORE DELETE ON journal
FOR EACH ROW EXECUTE FUNCTION guard_deletion('journal-pruned', 'id', 'the journal is deleted only from its beginning');
CREATE TRIGGER interactions_pruned BEFORE DELETE ON interactions
FOR EACH ROW EXECUTE FUNCTION guard_deletion('interaction-pruned', 'number', 'interactions are deleted only from their beginning');
