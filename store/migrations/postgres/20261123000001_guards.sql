-- The database itself refuses what must never happen: a terminal lifecycle that changes (it may lose its decky, which is
-- gone), and a journal entry that is rewritten.
-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0];
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER lifecycles_terminal BEFORE UPDATE OF status, stage, attempt, error_code, error_message, error_detail,
  superseded_by, seq, cancel_requested, lease_owner, lease_expires_at, started_at, completed_at ON lifecycles
FOR EACH ROW WHEN (OLD.status IN ('SUCCEEDED', 'FAILED', 'CANCELED', 'SUPERSEDED'))
EXECUTE FUNCTION refuse_change('a terminal lifecycle never changes');
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER journal_append_only BEFORE UPDATE ON journal
FOR EACH ROW EXECUTE FUNCTION refuse_change('the journal is append-only');
-- +goose StatementEnd
INSERT INTO counters (id, value) VALUES ('journal', 0), ('interaction', 0), ('decky', 0);
-- Which installation this is: what an engine's deckies are labelled with.
INSERT INTO counters (id, value) VALUES ('installation', (random() * 9e18)::bigint);
