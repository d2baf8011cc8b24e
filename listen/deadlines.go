package listen

import (
	"net/http"
	"time"
)

// Deadlines bounds how long a request's body may take to come, and its answer to be read, whichever handler it is for. Without the first, net/http itself waits for a
// body that was announced and never sent, also before an answer that has no use for it. Who streams moves them: each write of an event stream or a backup has a deadline of
// its own, and a WebSocket takes its connection with none.
func Deadlines(next http.Handler, body, answer time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn := http.NewResponseController(w) // some writers (of tests) have none to set
		if r.Body != nil && r.Body != http.NoBody {
			_ = conn.SetReadDeadline(time.Now().Add(body)) // where nothing is to come, it would end the request's context
		}
		_ = conn.SetWriteDeadline(time.Now().Add(answer))
		next.ServeHTTP(w, r)
	})
}
