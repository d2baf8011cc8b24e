package listen

import "net/http"

// Headers adds to each answer what browsers should be told, whatever it is. A server whose certificate they believe tells them to come by HTTPS only; with one that
// it made for itself that would lock people out for a year when it makes another.
func Headers(next http.Handler, believed bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'") // what is a page says what it needs
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		if believed {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}
