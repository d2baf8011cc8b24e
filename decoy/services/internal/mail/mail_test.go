package mail

import (
	"strings"
	"testing"
	"time"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/services/internal/bait"
)

func at(t *testing.T, now time.Time) *Server {
	t.Helper()
	h, err := decoy.NewHost(control.Identity{Name: "mail-1", OS: "linux", Distro: "debian", Seed: []byte("a seed of a decky in a test of mail")}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return New(h)
}

func TestMailComesAndOldMailStays(t *testing.T) {
	now := time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)
	v := at(t, now)
	secret := bait.Passwords(v.Host, "mail", "admin")[0]
	early := at(t, v.Host.Installed().Add(time.Hour)).Login("admin", secret).Folders[0].Messages
	late := v.Login("ADMIN@anything", secret).Folders[0].Messages
	if len(late) <= len(early) {
		t.Errorf("%d messages, and months later %d", len(early), len(late))
	}
	for i, m := range early {
		if later := late[i]; later.Raw != m.Raw || later.UID != m.UID {
			t.Errorf("message %d was\n%s\nand is\n%s", i, m.Raw, later.Raw)
		}
	}
	for i, m := range late {
		if i > 0 && m.UID <= late[i-1].UID || m.Arrived.After(now) || strings.Contains(strings.ReplaceAll(m.Raw, "\r\n", ""), "\n") {
			t.Errorf("message %d with UID %d of %v:\n%s", i, m.UID, m.Arrived, m.Raw)
		}
	}
}

func TestOnlyAFewWeakPasswordsOpenAMailbox(t *testing.T) {
	v := at(t, time.Now())
	if len(v.accounts) == 0 || len(v.accounts) > weak {
		t.Errorf("%d accounts", len(v.accounts))
	}
	for _, try := range [][2]string{{"admin", ""}, {"", ""}, {"root", "root"}, {"admin", "no such password"}} {
		if v.Login(try[0], try[1]) != nil {
			t.Errorf("%q opens a mailbox", try)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("AGEAYg==")
	f.Add("=")
	f.Fuzz(func(t *testing.T, s string) {
		if user, secret, ok := Plain(s); ok && len(user)+len(secret) > len(s) || strings.Contains(user, "\x00") {
			t.Fatalf("%q, %q from %q", user, secret, s)
		}
		decoded(s)
	})
}

// Letters that an operator lays out are there from the first day, whichever service opens the mailbox.
func TestChosenLettersLieInEachMailbox(t *testing.T) {
	for _, service := range []string{"imap", "pop3"} {
		id := control.Identity{Name: "mail-1", OS: "linux", Distro: "debian", Seed: []byte("a seed of a decky in a test of mail")}
		id.Settings = control.Settings{service: {"letters": "Subject: VPN access\nFrom: The IT <it@corp.example>\n\nIts password is x.\n---\nSubject: Für dich\n\nb\n---\nSubject: c\n\nd\n---\nSubject: e\n\nf"}}
		plain := at(t, time.Now())
		h, err := decoy.NewHost(id, func() time.Time { return plain.Host.Installed() })
		if err != nil {
			t.Fatal(err)
		}
		inbox := New(h).Login("admin", bait.Passwords(h, "mail", "admin")[0]).Folders[0].Messages
		if len(inbox) < 4 {
			t.Fatalf("%d messages", len(inbox))
		}
		first := inbox[0]
		if first.Field("Subject") != "VPN access" || first.Field("From") != "The IT <it@corp.example>" || first.Field("Return-Path") != "<it@corp.example>" || first.Body() != "Its password is x.\r\n" {
			t.Errorf("the first is %q", first.Raw)
		}
		if got := inbox[1].Field("Subject"); got != "=?utf-8?q?F=C3=BCr_dich?=" {
			t.Errorf("a subject is written as %q", got)
		}
		if !strings.Contains(inbox[3].Field("From"), "@"+bait.AppOf(h).Domain) {
			t.Errorf("who wrote the last: %q", inbox[3].Field("From"))
		}
	}
}
