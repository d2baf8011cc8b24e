// Package bait makes the data that an intruder finds in a decky's databases: one make-believe application with its people, their orders and
// its keys. It is drawn from the decky's seed, so that every database of a decky tells of the same application, and those of two deckies
// differ. None of it is true of anybody.
package bait

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy"
)

// Column is a column of a table.
type Column struct {
	Name string
	Kind Kind
}

// Kind is what a column holds. The databases name it each in their own way.
type Kind int

// The kinds.
const (
	Text Kind = iota
	Number
	Time
)

// Table is a table with all its rows, the values as a client prints them.
type Table struct {
	Name    string
	Columns []Column
	Rows    [][]string
}

// App is the application whose data the decky keeps.
type App struct {
	Name   string // of its database, and of its account in it
	Secret string // its password for the database
	Domain string
	People []Person
	Tables []Table // by name
}

// Person is a user of the application.
type Person struct {
	ID      int
	Login   string
	Email   string
	Role    string
	Hash    string // of the password, as bcrypt's are written; it is the hash of nothing
	Created time.Time
}

// Names are the person's, as the address has them: the number is the address's, of the second who has the name.
func (p Person) Names() (first, last string) {
	local, _, _ := strings.Cut(p.Email, "@")
	first, last, found := strings.Cut(strings.TrimRight(local, "0123456789"), ".")
	if !found {
		return "System", "Administrator"
	}
	return strings.ToUpper(first[:1]) + first[1:], strings.ToUpper(last[:1]) + last[1:]
}

var (
	firstNames = []string{"anna", "ben", "carla", "david", "elena", "frank", "grace", "hugo", "irene", "jonas", "karen", "luis", "maria", "nils", "olga", "paul", "rosa", "stefan", "tina", "victor"}
	lastNames  = []string{"adams", "becker", "castro", "dubois", "evans", "fischer", "garcia", "hansen", "ivanov", "jensen", "keller", "lopez", "meyer", "novak", "olsen", "petrov", "rossi", "silva", "turner", "wagner"}
	products   = []string{"annual plan", "monthly plan", "setup fee", "support hours", "extra seat", "storage 1 TB", "training day"}
)

// weakPasswords are the ones that intruders try first.
var weakPasswords = []string{
	"123456", "password", "admin", "root", "12345678", "1234", "12345", "123456789", "qwerty", "toor", "changeme", "P@ssw0rd", "admin123",
	"root123", "test", "1q2w3e4r", "letmein", "welcome", "password123", "secret",
}

// WeakPasswords returns the passwords that intruders try first.
func WeakPasswords() []string { return slices.Clone(weakPasswords) }

// Passwords returns the few weak passwords with which the decky's service lets the user in.
func Passwords(h *decoy.Host, service, user string) []string {
	r := h.Rand("passwords/" + service + "/" + user)
	own := slices.Clone(weakPasswords)
	r.Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
	return own[:3+r.IntN(3)]
}

// AppOf returns the decky's application.
func AppOf(h *decoy.Host) *App {
	r := h.Rand("bait")
	name := decoy.Pick(h, "bait-app", "shop", "crm", "billing", "portal", "inventory", "intranet", "helpdesk", "webapp", "erp", "booking")
	a := &App{
		Name:   name,
		Secret: base64.RawURLEncoding.EncodeToString(h.Bytes("bait-secret", 12)),
		Domain: decoy.Pick(h, "bait-domain", name+".local", "corp.local", name+".internal", "office.lan", "internal.lan"),
	}
	id := 1 + r.IntN(40)
	for range 8 + r.IntN(12) {
		first, last := firstNames[r.IntN(len(firstNames))], lastNames[r.IntN(len(lastNames))]
		p := Person{ID: id, Login: first[:1] + last, Email: first + "." + last + "@" + a.Domain, Role: "user"}
		p.Created = h.Installed().Add(time.Duration(r.IntN(300*24*3600)) * time.Second)
		if p.Created.After(h.Now()) {
			p.Created = h.Installed()
		}
		if len(a.People) == 0 {
			p.Login, p.Email, p.Role = "admin", "admin@"+a.Domain, "admin"
		}
		if slices.ContainsFunc(a.People, func(o Person) bool { return o.Login == p.Login }) {
			n := strconv.Itoa(len(a.People))
			p.Login, p.Email = p.Login+n, first+"."+last+n+"@"+a.Domain
		}
		// bcrypt's alphabet is not base64's, but has the same letters and digits.
		salt := base64.RawStdEncoding.EncodeToString(h.Bytes("bait-hash/"+strconv.Itoa(id), 40))
		p.Hash = "$2y$10$" + strings.ReplaceAll(salt, "+", ".")[:53]
		a.People = append(a.People, p)
		id += 1 + r.IntN(3)
	}
	const stamp = "2006-01-02 15:04:05"
	users := Table{Name: "users", Columns: []Column{{"id", Number}, {"username", Text}, {"email", Text}, {"password_hash", Text}, {"role", Text}, {"created_at", Time}}}
	orders := Table{Name: "orders", Columns: []Column{{"id", Number}, {"user_id", Number}, {"item", Text}, {"amount", Text}, {"created_at", Time}}}
	keys := Table{Name: "api_keys", Columns: []Column{{"id", Number}, {"user_id", Number}, {"token", Text}, {"created_at", Time}}}
	settings := Table{Name: "settings", Columns: []Column{{"name", Text}, {"value", Text}}}
	order := 1000 + r.IntN(9000)
	for i, p := range a.People {
		created := p.Created.Format(stamp)
		users.Rows = append(users.Rows, []string{strconv.Itoa(p.ID), p.Login, p.Email, p.Hash, p.Role, created})
		if i%3 == 0 {
			keys.Rows = append(keys.Rows, []string{strconv.Itoa(i/3 + 1), strconv.Itoa(p.ID), h.Hex("bait-token/"+p.Login, 20), created})
		}
		for range r.IntN(3) {
			order += 1 + r.IntN(9)
			orders.Rows = append(orders.Rows, []string{strconv.Itoa(order), strconv.Itoa(p.ID), products[r.IntN(len(products))], fmt.Sprintf("%d.%02d", 9+r.IntN(900), r.IntN(100)), created})
		}
	}
	settings.Rows = [][]string{
		{"site_url", "https://" + a.Name + "." + a.Domain}, {"smtp_host", "mail." + a.Domain}, {"smtp_user", "noreply@" + a.Domain},
		{"smtp_password", base64.RawURLEncoding.EncodeToString(h.Bytes("bait-smtp", 9))}, {"backup_path", "/srv/backup/" + a.Name},
	}
	a.Tables = []Table{keys, orders, settings, users}
	return a
}

// Table returns the table of that name, in any case, or nil.
func (a *App) Table(name string) *Table {
	for i := range a.Tables {
		if strings.EqualFold(a.Tables[i].Name, name) {
			return &a.Tables[i]
		}
	}
	return nil
}
