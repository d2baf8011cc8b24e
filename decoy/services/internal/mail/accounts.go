package mail

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
)

// account is a mailbox that a weak password opens.
type account struct {
	login, local string // the name, and that in the address
	person       bait.Person
	passwords    []string
}

// weak is how many accounts have a password that can be guessed: a first guess must rarely do, or nobody will believe it.
const weak = 3

func accountsOf(h *decoy.Host) []account {
	app := bait.AppOf(h)
	r := h.Rand("mail-accounts")
	var all []account
	for i, n := range r.Perm(len(app.People))[:min(weak, len(app.People))] {
		if i == 0 {
			n = 0 // the administrator's is the one that everybody tries
		}
		p := app.People[n]
		local, _, _ := strings.Cut(p.Email, "@")
		if slices.ContainsFunc(all, func(a account) bool { return a.login == p.Login }) {
			continue
		}
		all = append(all, account{p.Login, local, p, bait.Passwords(h, "mail", p.Login)})
	}
	return all
}

// Mailbox is what lies in one account. It is made for one session, which may change it.
type Mailbox struct {
	Folders []*Folder // INBOX first
}

// Folder is a folder of messages, the oldest first.
type Folder struct {
	Name     string
	Use      string // its special use in IMAP, such as \Sent, or ""
	Validity uint32 // of the UIDs
	Next     uint32 // UID
	Messages []*Message
}

// Message is one message.
type Message struct {
	UID           uint32
	Arrived       time.Time
	Raw           string // with CRLF
	Seen, Deleted bool
	Answered      bool
}

// Header returns the head with the blank line that ends it; Body what follows.
func (m *Message) Header() string {
	head, _, _ := strings.Cut(m.Raw, "\r\n\r\n")
	return head + "\r\n\r\n"
}

// Body returns the text after the head.
func (m *Message) Body() string {
	_, body, _ := strings.Cut(m.Raw, "\r\n\r\n")
	return body
}

// Field returns the value of the head's first field of that name, or "".
func (m *Message) Field(name string) string {
	for line := range strings.SplitSeq(m.Header(), "\r\n") {
		if key, value, ok := strings.Cut(line, ": "); ok && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// Folder returns the folder of that name, or nil. INBOX may be written in any case.
func (b *Mailbox) Folder(name string) *Folder {
	for _, f := range b.Folders {
		if f.Name == name || f.Name == "INBOX" && strings.EqualFold(name, "INBOX") {
			return f
		}
	}
	return nil
}

// mailbox makes the account's content from the seed. Messages come as the months pass, so that a mailbox looks alive, and none is ever
// changed or put before another.
func (v *Server) mailbox(a account) *Mailbox {
	h := v.Host
	app := bait.AppOf(h)
	r := h.Rand("mailbox/" + a.login)
	names := []struct{ name, use string }{{"INBOX", ""}, {"Drafts", `\Drafts`}, {"Sent", `\Sent`}, {"Trash", `\Trash`}}
	if v.Product.Exchange {
		names = []struct{ name, use string }{{"INBOX", ""}, {"Deleted Items", ""}, {"Drafts", ""}, {"Sent Items", ""}}
	}
	b := &Mailbox{}
	for _, n := range names {
		validity := uint32(h.Installed().Unix()) + uint32(r.IntN(86400))
		b.Folders = append(b.Folders, &Folder{Name: n.name, Use: n.use, Validity: validity, Next: 1})
	}
	inbox := b.Folders[0]
	all := make([]letter, len(v.chosen))
	for i, l := range v.chosen {
		all[i] = letter{mime.QEncoding.Encode("utf-8", l.Subject), l.Text}
	}
	all = append(all, lettersOf(app, r)...)
	always := max(3, len(v.chosen))
	arrived := h.Installed()
	inbox.Next += uint32(r.IntN(60)) // those deleted long ago
	for i, l := range all {
		arrived = arrived.Add(time.Duration(20+r.IntN(60*24*60)) * time.Minute)
		if i >= always && arrived.After(h.Now()) {
			break
		}
		person := app.People[r.IntN(len(app.People))]
		from := mail.Address{Name: called(person), Address: person.Email}
		if i < len(v.chosen) && v.chosen[i].From != "" {
			if a, err := mail.ParseAddress(v.chosen[i].From); err == nil {
				from = *a
			}
		}
		m := &Message{UID: inbox.Next, Arrived: arrived, Seen: i+2 < len(all) || r.IntN(2) == 0}
		m.Raw = strings.ReplaceAll(fmt.Sprintf(`Return-Path: <%[1]s>
Delivered-To: %[2]s
Received: from %[3]s (localhost [127.0.0.1])
	by %[3]s with ESMTP id %[4]s
	for <%[2]s>; %[5]s
From: %[6]s
To: %[7]s <%[2]s>
Subject: %[8]s
Date: %[5]s
Message-ID: <%[9]s@%[10]s>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

`, from.Address, a.person.Email, strings.ToLower(h.Hostname), queueID(r), arrived.Format("Mon, 02 Jan 2006 15:04:05 -0700"), written(from), called(a.person), l.subject,
			messageID(r), app.Domain)+l.text, "\n", "\r\n")
		inbox.Messages = append(inbox.Messages, m)
		inbox.Next += 1 + uint32(r.IntN(4))
	}
	return b
}

// written is an address with a name as mail programs write it, with quotes only where they are needed.
func written(a mail.Address) string {
	if strings.ContainsFunc(a.Name, func(r rune) bool { return r > '~' || strings.ContainsRune(`()<>[]:;@\,."`, r) }) || a.Name == "" {
		return a.String()
	}
	return a.Name + " <" + a.Address + ">"
}

// called is a person's name as it stands before the address.
func called(p bait.Person) string {
	local, _, _ := strings.Cut(p.Email, "@")
	words := strings.Split(local, ".")
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, " ")
}

func queueID(r *rand.Rand) string { return fmt.Sprintf("%010X", r.Uint64()>>24) }

func messageID(r *rand.Rand) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], r.Uint64())
	binary.BigEndian.PutUint64(b[8:], r.Uint64())
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
