-- The column is for everybody to see and to find by; a request's query, where secrets stand, is in the interaction's fields.
-- +goose Up
UPDATE interactions SET command = left(command, position('?' IN command)) || '(redacted)' WHERE type = 'request' AND position('?' IN command) > 0;

-- +goose Down
-- The fields have it whole: nothing is to be undone.
SELECT 1;
