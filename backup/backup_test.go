package backup_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/auth"
	"decnet/backup"
	"decnet/ent/user"
	"decnet/store"
	"decnet/store/storetest"
)

func TestABackupIsForAdministrators(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := auth.New(s, time.Now)
		h := &backup.Handler{Store: s, Auth: a, Now: time.Now, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
		server := httptest.NewServer(a.Middleware(h))
		defer server.Close()
		token := func(name string, role user.Role) string {
			_, err := a.AddUser(t.Context(), name, "a long password", role, false)
			require.NoError(t, err)
			text, _, err := a.Login(t.Context(), name, "a long password", "test")
			require.NoError(t, err)
			return text
		}
		ask := func(method, token string) (*http.Response, []byte) {
			r, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/backup", nil)
			require.NoError(t, err)
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			answer, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			return answer, body
		}
		refused := func(status int, code, method, token string) {
			t.Helper()
			answer, body := ask(method, token)
			require.Equal(t, status, answer.StatusCode)
			var refusal struct {
				Errors []struct {
					Message    string
					Extensions struct{ Code string }
				}
			}
			require.NoError(t, json.Unmarshal(body, &refusal))
			require.Equal(t, code, refusal.Errors[0].Extensions.Code)
			require.NotEmpty(t, refusal.Errors[0].Message)
		}
		admin, viewer := token("admin", user.RoleAdmin), token("viewer", user.RoleViewer)
		refused(http.StatusUnauthorized, "UNAUTHENTICATED", http.MethodGet, "")
		refused(http.StatusUnauthorized, "UNAUTHENTICATED", http.MethodGet, "decnet_no_token")
		refused(http.StatusForbidden, "FORBIDDEN", http.MethodGet, viewer)
		refused(http.StatusMethodNotAllowed, "BAD_USER_INPUT", http.MethodPost, admin)
		fromElsewhere := httptest.NewRequest(http.MethodGet, "/backup", nil)
		fromElsewhere.Header.Set("Sec-Fetch-Site", "cross-site")
		elsewhere := httptest.NewRecorder()
		auth.Off(h).ServeHTTP(elsewhere, fromElsewhere)
		require.Equal(t, http.StatusForbidden, elsewhere.Code)
		if s.Name() == "postgres" {
			refused(http.StatusNotImplemented, "BAD_USER_INPUT", http.MethodGet, admin)
			return
		}

		other, _, err := s.Backup(t.Context())
		require.NoError(t, err)
		refused(http.StatusTooManyRequests, "RATE_LIMITED", http.MethodGet, admin)
		require.NoError(t, other.Close())

		answer, body := ask(http.MethodGet, admin)
		require.Equal(t, http.StatusOK, answer.StatusCode)
		require.Equal(t, strconv.Itoa(len(body)), answer.Header.Get("Content-Length"))
		require.Contains(t, answer.Header.Get("Content-Disposition"), ".db")
		file := filepath.Join(t.TempDir(), "backup.db")
		require.NoError(t, os.WriteFile(file, body, 0o600))
		copied, err := store.Open(t.Context(), store.Options{Path: file})
		require.NoError(t, err)
		defer copied.Close()
		users, err := auth.New(copied, time.Now).Users(t.Context())
		require.NoError(t, err)
		require.Len(t, users, 2)
	})
}
