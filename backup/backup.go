// Package backup serves a consistent copy of the running server's database to its administrators: GET, with the token that the API takes. The
// answer's length is told, so that who reads it can show how far it is and knows whether it is whole. A refusal is a GraphQL error
// in JSON, with the codes of the API.
package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"decnet/auth"
	"decnet/ent/user"
	"decnet/pid"
	"decnet/store"
)

const (
	// action is what the audit trail calls it.
	action = "backup"
	// chunk is what is sent between two looks at the clock, within how long the reader may take for it.
	chunk  = 256 << 10
	within = 30 * time.Second
)

// Handler serves backups.
type Handler struct {
	Store *store.Store
	// Auth keeps the trail of who took one.
	Auth *auth.Auth
	Now  func() time.Time
	Log  *slog.Logger
}

// ServeHTTP sends a backup to an administrator.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, id := r.Context(), auth.From(r.Context())
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		refuse(w, http.StatusMethodNotAllowed, "BAD_USER_INPUT", "a backup is asked for with GET")
		return
	case !slices.Contains([]string{"", "none", "same-origin"}, r.Header.Get("Sec-Fetch-Site")):
		// Where nobody signs in, a page of another site could have a browser ask again and again.
		refuse(w, http.StatusForbidden, "FORBIDDEN", "a backup is not for the pages of other sites")
		return
	case id == nil:
		h.Auth.Refused(ctx, auth.Audit{Action: action, Result: "UNAUTHENTICATED"})
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "UNAUTHENTICATED", `sign in first, and send the token as "Authorization: Bearer TOKEN"`)
		return
	case !id.May(user.RoleAdmin):
		h.Auth.Refused(ctx, auth.Audit{Actor: id.Username, Action: action, Result: "FORBIDDEN"})
		refuse(w, http.StatusForbidden, "FORBIDDEN", "a backup needs the role ADMIN, and "+id.Username+" is "+string(id.Role))
		return
	}
	began := h.Now()
	copied, size, err := h.Store.Backup(ctx)
	switch {
	case errors.Is(err, store.ErrBackupElsewhere):
		refuse(w, http.StatusNotImplemented, "BAD_USER_INPUT", err.Error())
		return
	case errors.Is(err, store.ErrBackupRunning):
		refuse(w, http.StatusTooManyRequests, "RATE_LIMITED", err.Error())
		return
	case err != nil:
		h.fail(ctx, w, err)
		return
	}
	defer copied.Close()
	// Nobody takes one without a trace: it is written before the first byte goes.
	if err := h.Auth.Done(ctx, auth.Audit{Actor: id.Username, Action: action}); err != nil {
		h.fail(ctx, w, err)
		return
	}
	w.Header().Set("Content-Type", "application/vnd.sqlite3")
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "decnet-"+began.UTC().Format("20060102T150405Z")+".db"))
	if err := send(ctx, w, copied); err != nil {
		h.Log.WarnContext(ctx, "a backup broke off", "user", id.Username, "error", err)
		return
	}
	h.Log.InfoContext(ctx, "a backup was taken", "user", id.Username, "bytes", size, "took", h.Now().Sub(began))
}

// send copies until the end. A reader that stalls loses its connection: its copy takes room, and holds up the next backup. So does every reader when the
// server stops, which ends ctx.
func send(ctx context.Context, w http.ResponseWriter, from io.Reader) error {
	control := http.NewResponseController(w)
	defer context.AfterFunc(ctx, func() { _ = control.SetWriteDeadline(time.Now()) })()
	for {
		if err := control.SetWriteDeadline(time.Now().Add(within)); err != nil {
			return fmt.Errorf("set the deadline: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := io.CopyN(w, from, chunk)
		if errors.Is(err, io.EOF) {
			return control.SetWriteDeadline(time.Time{})
		}
		if err != nil {
			return err
		}
	}
}

func (h *Handler) fail(ctx context.Context, w http.ResponseWriter, err error) {
	errID := string(pid.New("err"))
	h.Log.ErrorContext(ctx, "a backup failed", "errorId", errID, "error", err)
	refuse(w, http.StatusInternalServerError, "INTERNAL", "the server failed; its log has the reason under this ID: "+errID)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A peer that is gone is no error of ours.
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": []map[string]any{{"message": message, "extensions": map[string]any{"code": code}}}})
}
