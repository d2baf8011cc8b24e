package smtprelay

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func send(t *testing.T, d *decoytest.Decky, port int, to, body string) string {
	t.Helper()
	host, bound, err := net.SplitHostPort(d.Address(port))
	if err != nil {
		t.Fatal(err)
	}
	out, err := servicetest.Run(t, "", "swaks", "--server", host, "--port", bound, "--to", to, "--from", "spam@example.net", "--helo", "bot", "--header", "Subject: probe", "--body", body)
	if err != nil {
		t.Errorf("swaks: %v\n%s", err, out)
	}
	return out
}

func TestAnyMailIsTaken(t *testing.T) {
	t.Parallel()
	windows := decoytest.Identity()
	windows.OS = "windows_server"
	for _, d := range []*decoytest.Decky{decoytest.Start(t, "smtp_relay"), decoytest.StartAs(t, windows, "smtp_relay")} {
		for _, port := range []int{25, 587} {
			for _, to := range []string{"victim@example.org", "nobody@" + d.Host.Hostname} {
				send(t, d, port, to, "hello")
				d.Wait("mail", decoytest.Has("to", to), decoytest.Has("subject", "probe"), decoytest.Has(event.Outcome, event.Accepted))
			}
		}
	}
}

func TestTheServerMayBeChosen(t *testing.T) {
	t.Parallel()
	id := decoytest.Identity()
	id.Settings = map[string]map[string]string{"smtp_relay": {"mta": "sendmail"}, "smtp": {"mta": "exim"}} // smtp's are not the relay's
	d := decoytest.StartAs(t, id, "smtp_relay")
	host, port, err := net.SplitHostPort(d.Address(25))
	if err != nil {
		t.Fatal(err)
	}
	out, err := servicetest.Run(t, "", "swaks", "--server", host, "--port", port, "--to", "victim@example.org", "--from", "spam@example.net", "--helo", "bot")
	if err != nil || !strings.Contains(out, "250 2.1.5 <victim@example.org>... Recipient ok") || !strings.Contains(out, " Message accepted for delivery") {
		t.Errorf("swaks: %v\n%s", err, out)
	}
}

func TestALongMessageIsKeptInPieces(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "smtp_relay")
	long := strings.Repeat("A line of the attachment.\n", 4000)
	send(t, d, 25, "victim@example.org", long)
	mail := d.Wait("mail", decoytest.Has("to", "victim@example.org"))
	id, _ := mail.Get("queue_id")
	d.Wait("mail_part", decoytest.Has("queue_id", id), decoytest.Has("offset", "57344"))
	var kept strings.Builder
	content, _ := mail.Get("content")
	kept.WriteString(content)
	for _, e := range d.Events() {
		if e.Type == "mail_part" {
			content, _ := e.Get("content")
			kept.WriteString(content)
		}
	}
	if got := kept.String(); len(got) != 64<<10 || !strings.Contains(got, "attachment.\r\nA line") {
		t.Errorf("%d bytes are kept: %.300q", len(got), got)
	}
	if sum, _ := mail.Get("sha256"); len(sum) != hex.EncodedLen(sha256.Size) {
		t.Errorf("sha256 is %q", sum)
	}
}

func TestAbandonedConnectionsEnd(t *testing.T) {
	t.Parallel()
	servicetest.Abandoned(t, "smtp_relay", 25, "EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx")
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "smtp_relay")
	servicetest.Garbage(t, d, 25, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n", "BDAT 9")
	host, port, err := net.SplitHostPort(d.Address(25))
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Recovers(t, func() bool {
		_, err := servicetest.Run(t, "", "swaks", "--server", host, "--port", port, "--to", "a@example.org", "--helo", "bot")
		return err == nil
	})
}
