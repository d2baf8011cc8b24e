package postgres

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
)

const iterations = 4096 // of SCRAM, PostgreSQL's default

// passwords are those with which the user is let in.
func (v *server) passwords(user string) []string {
	if !slices.Contains(v.roles(), user) {
		return nil
	}
	weak := bait.Passwords(v.host, "postgres", user)
	if user == v.app.Name {
		weak = append(weak, v.app.Secret)
	}
	return weak
}

// login asks for the password and welcomes the client; it tells whether it is in.
func (c *conn) login(m *pgproto3.StartupMessage) bool {
	c.user, c.database, c.application = m.Parameters["user"], m.Parameters["database"], m.Parameters["application_name"]
	if c.user == "" {
		c.fatal("28000", "no PostgreSQL user name specified in startup packet", "ProcessStartupPacket")
		return false
	}
	if c.database == "" {
		c.database = c.user
	}
	c.out.SetMaxBodyLen(maxMessageStranger)
	check := c.scram
	if c.server.md5 {
		check = c.md5
	}
	proven, whole := check()
	if !whole {
		return false
	}
	if !proven {
		c.fatal("28P01", fmt.Sprintf("password authentication failed for user \"%s\"", c.user), "auth_failed")
		return false
	}
	if !slices.Contains(c.server.databases(), c.database) {
		c.fatal("3D000", fmt.Sprintf("database \"%s\" does not exist", c.database), "InitPostgres")
		return false
	}
	c.welcome()
	return c.out.Flush() == nil
}

// attempt records a try.
func (c *conn) attempt(kind string, secret string, proven bool, fields ...event.Field) {
	outcome := event.Rejected
	if proven {
		outcome = event.Accepted
	}
	c.s.Attempt(kind, c.user, []byte(secret), outcome, append(fields, event.String("database", c.database), event.String("application", c.application))...)
}

// receive returns the client's answer of the kind that was asked for.
func receive[T pgproto3.FrontendMessage](c *conn, kind uint32) (message T, ok bool) {
	if c.out.SetAuthType(kind) != nil || c.out.Flush() != nil {
		return message, false
	}
	m, err := c.out.Receive()
	if err != nil {
		return message, false
	}
	if message, ok = m.(T); !ok {
		if raw, err := m.Encode(nil); err == nil && len(raw) > 0 {
			what, routine := "SASL response", "CheckSASLAuth"
			if kind == pgproto3.AuthTypeMD5Password {
				what, routine = "password response", "recv_password_packet"
			}
			c.fatal("08P01", fmt.Sprintf("expected %s, got message type %d", what, raw[0]), routine)
		}
	}
	return message, ok
}

// malformed refuses a message of SCRAM.
func (c *conn) malformed(message string) {
	f := c.failure("08P01", "malformed SCRAM message", 0, "read_client_first_message")
	f.Severity, f.SeverityUnlocalized = "FATAL", "FATAL"
	switch {
	case message == "":
		f.Detail = "The message is empty."
	case message[0] == 'p':
		f.Detail = "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data."
	case message[0] != 'n' && message[0] != 'y':
		f.Detail = fmt.Sprintf("Unexpected channel-binding flag \"'%c'\".", message[0])
	}
	c.out.Send(f)
	c.out.Flush()
}

// md5 asks for the password's MD5; whole is false where the client didn't answer.
func (c *conn) md5() (proven, whole bool) {
	var salt [4]byte
	rand.Read(salt[:])
	c.out.Send(&pgproto3.AuthenticationMD5Password{Salt: salt})
	answer, ok := receive[*pgproto3.PasswordMessage](c, pgproto3.AuthTypeMD5Password)
	if !ok {
		return false, false
	}
	for _, p := range c.server.passwords(c.user) {
		proven = proven || subtle.ConstantTimeCompare([]byte(md5Proof(c.user, p, salt[:])), []byte(answer.Password)) == 1
	}
	c.attempt("md5", answer.Password, proven, event.String("salt", hex.EncodeToString(salt[:])))
	return proven, true
}

func md5Proof(user, password string, salt []byte) string {
	stored := md5.Sum([]byte(password + user))
	sum := md5.Sum(append([]byte(hex.EncodeToString(stored[:])), salt...))
	return "md5" + hex.EncodeToString(sum[:])
}

// scramKeys is what a server keeps of a password.
type scramKeys struct{ stored, server []byte }

func keysOf(password string, salt []byte) (scramKeys, error) {
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return scramKeys{}, fmt.Errorf("salting a password: %w", err)
	}
	stored := sha256.Sum256(sign(salted, "Client Key"))
	return scramKeys{stored[:], sign(salted, "Server Key")}, nil
}

func sign(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// keys are those of all the user's passwords.
func (v *server) keys(user string, salt []byte) []scramKeys {
	passwords := v.passwords(user)
	if passwords == nil {
		return nil
	}
	return decoy.Once(v.host, "postgres-scram/"+user, func() []scramKeys {
		var all []scramKeys
		for _, p := range passwords {
			if k, err := keysOf(p, salt); err == nil {
				all = append(all, k)
			}
		}
		return all
	})
}

// attribute returns the value of one of SCRAM's attributes.
func attribute(message, name string) string {
	for part := range strings.SplitSeq(message, ",") {
		if value, ok := strings.CutPrefix(part, name+"="); ok {
			return value
		}
	}
	return ""
}

// clientFirst takes SCRAM's first message apart: the header that tells of channel binding, and the rest.
func clientFirst(message string) (header, bare string, ok bool) {
	if !strings.HasPrefix(message, "n,") && !strings.HasPrefix(message, "y,") {
		return "", "", false
	}
	comma := strings.IndexByte(message[2:], ',')
	if comma < 0 {
		return "", "", false
	}
	header, bare = message[:comma+3], message[comma+3:]
	return header, bare, attribute(bare, "r") != ""
}

// salt is the user's, kept with the password; PostgreSQL makes one up for a user that there isn't, always the same.
func (v *server) salt(user string) []byte {
	return v.host.Bytes("postgres-salt/"+fmt.Sprintf("%x", sha256.Sum256([]byte(user))), 16)
}

// scram asks for the password's proof as RFC 7677 has it; whole is false where the client didn't answer as it should.
func (c *conn) scram() (proven, whole bool) {
	c.out.Send(&pgproto3.AuthenticationSASL{AuthMechanisms: []string{"SCRAM-SHA-256"}})
	initial, ok := receive[*pgproto3.SASLInitialResponse](c, pgproto3.AuthTypeSASL)
	if !ok {
		return false, false
	}
	header, bare, ok := clientFirst(string(initial.Data))
	if initial.AuthMechanism != "SCRAM-SHA-256" {
		c.fatal("08P01", "client selected an invalid SASL authentication mechanism", "scram_init")
		return false, false
	}
	if !ok {
		c.malformed(string(initial.Data))
		return false, false
	}
	salt := c.server.salt(c.user)
	random := make([]byte, 18)
	rand.Read(random)
	nonce := attribute(bare, "r") + base64.StdEncoding.EncodeToString(random)
	first := fmt.Sprintf("r=%s,s=%s,i=%d", nonce, base64.StdEncoding.EncodeToString(salt), iterations)
	c.out.Send(&pgproto3.AuthenticationSASLContinue{Data: []byte(first)})
	final, ok := receive[*pgproto3.SASLResponse](c, pgproto3.AuthTypeSASLContinue)
	if !ok {
		return false, false
	}
	text := string(final.Data)
	at := strings.LastIndex(text, ",p=")
	if at < 0 || attribute(text, "r") != nonce || attribute(text, "c") != base64.StdEncoding.EncodeToString([]byte(header)) {
		c.fatal("08P01", "malformed SCRAM message", "auth_failed")
		return false, false
	}
	proof, signed := text[at+3:], bare+","+first+","+text[:at]
	var signature []byte
	for _, keys := range c.server.keys(c.user, salt) {
		if proves(keys, proof, signed) {
			proven, signature = true, sign(keys.server, signed)
		}
	}
	c.attempt("scram-sha-256", proof, proven, event.String("salt", hex.EncodeToString(salt)), event.Int("iterations", iterations), event.String("auth_message", signed))
	if proven {
		c.out.Send(&pgproto3.AuthenticationSASLFinal{Data: []byte("v=" + base64.StdEncoding.EncodeToString(signature))})
	}
	return proven, true
}

// proves tells whether the proof is that of the password.
func proves(keys scramKeys, proof, signed string) bool {
	key, err := base64.StdEncoding.DecodeString(proof)
	if err != nil || len(key) != sha256.Size {
		return false
	}
	subtle.XORBytes(key, key, sign(keys.stored, signed))
	sum := sha256.Sum256(key)
	return subtle.ConstantTimeCompare(sum[:], keys.stored) == 1
}
