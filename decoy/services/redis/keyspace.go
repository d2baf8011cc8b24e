package redis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
)

// The bounds of what one address can store.
const (
	maxStored = 512 << 10 // bytes
	entryCost = 64        // of a key or an element, beside its bytes

	maxPattern = 256
)

const databases = 16

// kind is a value's type, by Redis's name.
type kind string

const (
	stringKind kind = "string"
	listKind   kind = "list"
	setKind    kind = "set"
	hashKind   kind = "hash"
	sortedKind kind = "zset"
)

// value is what a key holds: items is one string, the list's elements, the set's members, the hash's fields and values in turn, or the
// sorted set's members and their scores.
type value struct {
	kind    kind
	items   []string
	expires time.Time // zero: never
}

// field returns where the hash's field is in items, or -1.
func (v *value) field(name string) int {
	for i := 0; i < len(v.items); i += 2 {
		if v.items[i] == name {
			return i
		}
	}
	return -1
}

// keyspace is what one address sees: the decky's bait and what was done to it from there. Others see none of that, so
// that one intruder can't hide the bait from the next, nor leave messages.
type keyspace struct {
	now    func() time.Time
	db     [databases]map[string]*value
	stored int
}

func newKeyspace(h *decoy.Host) *keyspace {
	k := &keyspace{now: h.Now}
	for i := range k.db {
		k.db[i] = map[string]*value{}
	}
	r, app, keys := h.Rand("redis-keys"), bait.AppOf(h), k.db[0]
	text := func(key string, s string) { keys[key] = &value{kind: stringKind, items: []string{s}} }
	prefix := decoy.Pick(h, "redis-prefix", app.Name+":", "", app.Name+"_", "prod:")
	text(prefix+"config:database_url", fmt.Sprintf("mysql://%s:%s@%s:3306/%[1]s", app.Name, app.Secret, decoy.Pick(h, "redis-db-host", "db."+app.Domain, "127.0.0.1", "mysql")))
	text(prefix+"config:secret_key", h.Hex("redis-secret", 24))
	text(prefix+"stats:visits", strconv.Itoa(1000+r.IntN(900000)))
	text(prefix+"cache:settings", fmt.Sprintf(`{"maintenance":false,"site":"https://%s.%s","version":"%d.%d.%d"}`, app.Name, app.Domain, 1+r.IntN(5), r.IntN(12), r.IntN(20)))
	online := &value{kind: setKind}
	queue := &value{kind: listKind}
	for i, p := range app.People {
		keys[prefix+"user:"+strconv.Itoa(p.ID)] = &value{kind: hashKind, items: []string{"username", p.Login, "email", p.Email, "password", p.Hash, "role", p.Role}}
		if i == 0 || r.IntN(3) == 0 {
			session := prefix + "session:" + h.Hex("redis-session/"+p.Login, 16)
			text(session, fmt.Sprintf(`{"uid":%d,"login":%q,"csrf":%q}`, p.ID, p.Login, h.Hex("redis-csrf/"+p.Login, 8)))
			keys[session].expires = k.now().Add(time.Duration(600+r.IntN(80000)) * time.Second)
			online.items = append(online.items, p.Login)
		}
		if r.IntN(4) == 0 {
			queue.items = append(queue.items, fmt.Sprintf(`{"to":%q,"template":"invoice","id":%d}`, p.Email, 10000+r.IntN(90000)))
		}
	}
	keys[prefix+"online"] = online
	if len(queue.items) > 0 {
		keys[prefix+"queue:mail"] = queue
	}
	return k
}

// get returns the value of a key, or nil; one that has expired is gone.
func (k *keyspace) get(db int, key string) *value {
	v := k.db[db][key]
	if v != nil && !v.expires.IsZero() && !k.now().Before(v.expires) {
		delete(k.db[db], key)
		return nil
	}
	return v
}

// room tells whether the client may store these strings, and accounts for them. What it deletes isn't given back, which bounds what it can make the
// decoy do, too.
func (k *keyspace) room(items ...string) bool {
	cost := entryCost
	for _, s := range items {
		cost += len(s) + entryCost
	}
	if k.stored+cost > maxStored {
		return false
	}
	k.stored += cost
	return true
}

// keys returns the keys that match the pattern, sorted.
func (k *keyspace) keys(db int, pattern string) []string {
	found := []string{}
	if len(pattern) > maxPattern {
		return found
	}
	for key := range k.db[db] {
		if k.get(db, key) != nil && match(pattern, key) {
			found = append(found, key)
		}
	}
	slices.Sort(found)
	return found
}

// match is Redis's glob: *, ?, [set] and \. It goes back to the last * only, which is enough and never takes more than the product of the
// lengths.
func match(pattern, s string) bool {
	p, i, star, from := 0, 0, -1, 0
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '*' {
			star, from = p, i
			p++
			continue
		}
		if next, ok := matchOne(pattern, p, s[i]); ok {
			p, i = next, i+1
			continue
		}
		if star < 0 {
			return false
		}
		from++
		p, i = star+1, from
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchOne matches one byte with what the pattern has at p, and returns where the pattern goes on.
func matchOne(pattern string, p int, c byte) (next int, ok bool) {
	if p >= len(pattern) {
		return p, false
	}
	switch pattern[p] {
	case '?':
		return p + 1, true
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
		return p + 1, pattern[p] == c
	case '[':
		end := strings.IndexByte(pattern[p:], ']')
		if end < 0 {
			return p + 1, c == '['
		}
		set := pattern[p+1 : p+end]
		not := strings.HasPrefix(set, "^")
		set = strings.TrimPrefix(set, "^")
		in := false
		for j := 0; j < len(set); j++ {
			if j+2 < len(set) && set[j+1] == '-' {
				in = in || set[j] <= c && c <= set[j+2]
				j += 2
			} else {
				in = in || set[j] == c
			}
		}
		return p + end + 1, in != not
	}
	return p + 1, pattern[p] == c
}
