package http

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"decnet/decoy"
	"decnet/decoy/event"
)

// The names under which forms and programs send who they are and their secret; lower case.
var (
	userFields   = []string{"username", "user", "login", "email", "uname", "userid", "user_name", "log", "account", "name", "usr", "j_username", "pma_username", "luci_username"}
	secretFields = []string{"password", "passwd", "pass", "pwd", "secret", "psw", "user_password", "j_password", "pma_password", "luci_password", "token"}
)

// recordCredentials records what the request offers to log in with, in its header or its body. None is ever accepted.
func (v *Server) recordCredentials(s *decoy.Session, r *request) {
	if _, wp := v.app.(*wordpress); wp && r.method == "POST" && r.path == "/xmlrpc.php" {
		c, _ := parseCall(r.body) // what can be read of it
		for _, one := range c.calls() {
			if user, secret, ok := one.login(); ok {
				s.Attempt("plaintext", user, []byte(secret), event.Rejected, event.String("scheme", "xmlrpc"), event.String("path", "/xmlrpc.php"), bounded("method", one.method, 64))
			}
		}
		return
	}
	if kind, rest, _ := strings.Cut(r.get("Authorization"), " "); rest != "" {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
		user, secret, ok := strings.Cut(string(raw), ":")
		if strings.EqualFold(kind, "Basic") && err == nil && ok {
			s.Attempt("plaintext", user, []byte(secret), event.Rejected, event.String("scheme", "basic"), event.String("path", clip(r.path, 512)))
		} else {
			s.Attempt(strings.ToLower(clip(kind, 32)), "", []byte(rest), event.Rejected, event.String("scheme", "header"), event.String("path", clip(r.path, 512)))
		}
	}
	if user, secret, ok := formCredentials(r.body); ok {
		s.Attempt("plaintext", user, []byte(secret), event.Rejected, event.String("scheme", "form"), event.String("path", clip(r.path, 512)))
	}
}

// formCredentials finds a user and a secret in a form or a JSON object, whatever the request says that its body is.
func formCredentials(body []byte) (user, secret string, ok bool) {
	fields := map[string]string{}
	if len(body) > 0 && body[0] == '{' {
		var object map[string]any
		if json.Unmarshal(body, &object) != nil {
			return "", "", false
		}
		for name, value := range object {
			if text, isText := value.(string); isText {
				fields[strings.ToLower(name)] = text
			}
		}
	} else {
		values, _ := url.ParseQuery(string(body)) // what can be read of it
		for name := range values {
			fields[strings.ToLower(name)] = values.Get(name)
		}
	}
	for _, name := range secretFields {
		if value, found := fields[name]; found {
			secret, ok = value, true
			break
		}
	}
	for _, name := range userFields {
		if value, found := fields[name]; found {
			user = value
			break
		}
	}
	return user, secret, ok
}

func clip(s string, n int) string { return s[:min(len(s), n)] }
