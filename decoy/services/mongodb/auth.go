package mongodb

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/web"
)

// maxPayload bounds what one step of a login may hold, in bytes.
const maxPayload = 4096

// login is a SCRAM exchange that has begun.
type login struct {
	mechanism      string
	user, database string
	first, second  string // the client's first message without its head, and the server's
	nonce, salt    string
	rounds         int
	finished       bool
}

var errLogin = failure(18, "AuthenticationFailed", "Authentication failed.")

// payloadOf returns what a step of the login holds.
func (c *call) payloadOf() string {
	switch p := c.command.get("payload").(type) {
	case binaryOf:
		return string(p.data[:min(len(p.data), maxPayload)])
	case string:
		return p[:min(len(p), maxPayload)]
	}
	return ""
}

// attribute returns the value of x=… in a SCRAM message.
func attribute(message string, name byte) string {
	for part := range strings.SplitSeq(message, ",") {
		if len(part) > 1 && part[0] == name && part[1] == '=' {
			return part[2:]
		}
	}
	return ""
}

// saslStart begins a login. A password in the clear, by PLAIN, ends it at once.
func saslStart(c *call) doc {
	l := &login{mechanism: c.command.text("mechanism"), database: c.database}
	payload := c.payloadOf()
	switch l.mechanism {
	case "SCRAM-SHA-1":
		l.rounds = 10000
	case "SCRAM-SHA-256":
		l.rounds = 15000
	default:
		user, secret := "", payload
		if parts := strings.SplitN(payload, "\x00", 3); l.mechanism == "PLAIN" && len(parts) == 3 {
			user, secret = parts[1], parts[2]
		}
		c.s.Attempt(strings.ToLower(web.Bounded("", l.mechanism, 32).Value), user, []byte(secret), event.Rejected, web.Bounded("database", c.database, 256))
		return failure(334, "MechanismUnavailable", fmt.Sprintf("Received authentication for mechanism %s which is not enabled", l.mechanism))
	}
	head, bare, ok := cutHead(payload)
	l.first, l.user = bare, strings.NewReplacer("=2C", ",", "=3D", "=").Replace(attribute(bare, 'n'))
	clients := attribute(bare, 'r')
	if !ok || clients == "" || head == "" {
		c.s.Event("protocol_error", web.Bounded("data", payload, 512))
		return errLogin
	}
	var own [18]byte
	rand.Read(own[:])
	l.nonce = clients + base64.StdEncoding.EncodeToString(own[:])
	// The salt is the user's, always the same: HKDF makes it of any name.
	size := 16
	if l.mechanism == "SCRAM-SHA-256" {
		size = 28
	}
	l.salt = base64.StdEncoding.EncodeToString(c.host.Bytes("scram-salt/"+l.mechanism+"/"+l.user, size))
	l.second = fmt.Sprintf("r=%s,s=%s,i=%d", l.nonce, l.salt, l.rounds)
	c.login = l
	return done(element{"conversationId", int32(1)}, element{"done", false}, element{"payload", binaryOf{0, []byte(l.second)}})
}

// cutHead parts the client's first message: "n,," and the rest.
func cutHead(message string) (head, bare string, ok bool) {
	parts := strings.SplitN(message, ",", 3)
	if len(parts) != 3 {
		return "", "", false
	}
	return parts[0], parts[2], true
}

// saslContinue hears the proof. It is recorded with the whole exchange, from which the password can be guessed.
func saslContinue(c *call) doc {
	l := c.login
	if l == nil {
		return failure(17, "ProtocolError", "No SASL session state found")
	}
	payload := c.payloadOf()
	if l.finished { // an empty last step
		c.login = nil
		return done(element{"conversationId", int32(1)}, element{"done", true}, element{"payload", binaryOf{0, nil}})
	}
	bare, proof, found := strings.Cut(payload, ",p=")
	message := l.first + "," + l.second + "," + bare
	signature, accepted := "", false
	if found && attribute(bare, 'r') == l.nonce {
		signature, accepted = c.verify(l, message, proof)
	}
	outcome := event.Rejected
	if accepted {
		outcome = event.Accepted
	}
	c.s.Attempt(strings.ToLower(l.mechanism), l.user, []byte(message+",p="+proof), outcome, web.Bounded("database", l.database, 256), event.String("salt", l.salt), event.Int("iterations", int64(l.rounds)))
	if !accepted {
		c.login = nil
		return errLogin
	}
	c.known, c.user, l.finished = true, l.user, true
	return done(element{"conversationId", int32(1)}, element{"done", false}, element{"payload", binaryOf{0, []byte("v=" + signature)}})
}

// weak are the users whose passwords can be guessed. What they would prove is worked out once, for a stranger must not keep the decky busy.
var weak = []string{"admin", "root"}

// verify checks a proof against the user's weak passwords, and returns the server's own signature.
func (c *call) verify(l *login, message, proof string) (signature string, ok bool) {
	given, err := base64.StdEncoding.DecodeString(proof)
	name := ""
	for _, user := range weak {
		if user == l.user {
			name = user
		}
	}
	if err != nil || name == "" || !c.auth {
		return "", false
	}
	digest := sha256.New
	if l.mechanism == "SCRAM-SHA-1" {
		digest = sha1.New
	}
	for _, salted := range decoy.Once(c.host, "mongodb-scram/"+l.mechanism+"/"+name, func() [][]byte { return saltedPasswords(c.host, l.mechanism, name, l.salt, l.rounds, digest) }) {
		clientKey := sum(digest, salted, "Client Key")
		h := digest()
		h.Write(clientKey)
		expected := sum(digest, h.Sum(nil), message)
		for i := range expected {
			expected[i] ^= clientKey[i]
		}
		if hmac.Equal(expected, given) {
			return base64.StdEncoding.EncodeToString(sum(digest, sum(digest, salted, "Server Key"), message)), true
		}
	}
	return "", false
}

func sum(digest func() hash.Hash, key []byte, message string) []byte {
	m := hmac.New(digest, key)
	m.Write([]byte(message))
	return m.Sum(nil)
}

// saltedPasswords works out the keys of the weak passwords of a user.
func saltedPasswords(h *decoy.Host, mechanism, user, salt string, rounds int, digest func() hash.Hash) [][]byte {
	raw, err := base64.StdEncoding.DecodeString(salt)
	if err != nil {
		return nil
	}
	var out [][]byte
	for _, password := range bait.Passwords(h, "mongodb", user) {
		if mechanism == "SCRAM-SHA-1" {
			sum := md5.Sum([]byte(user + ":mongo:" + password))
			password = hex.EncodeToString(sum[:])
		}
		key, err := pbkdf2.Key(digest, password, raw, rounds, digest().Size())
		if err == nil {
			out = append(out, key)
		}
	}
	return out
}

// authenticate is the way to log in before SCRAM, which no release still has.
func authenticate(c *call) doc {
	c.s.Attempt("mongodb-cr", c.command.text("user"), []byte(c.command.text("nonce")+" "+c.command.text("key")), event.Rejected, web.Bounded("database", c.database, 256))
	return errLogin
}

func getNonce(*call) doc {
	var b [8]byte
	rand.Read(b[:])
	return done(element{"nonce", hex.EncodeToString(b[:])})
}
