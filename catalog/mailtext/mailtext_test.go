package mailtext

import (
	"strings"
	"testing"
)

func TestLettersAreRead(t *testing.T) {
	got, err := Parse("\nSubject: VPN access\nFrom: IT <it@corp.example>\n\nHello,\n\nthe password is x.\n\n---\nsubject: Ünicode\n\n-- \nBob\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0] != (Letter{"IT <it@corp.example>", "VPN access", "Hello,\n\nthe password is x.\n"}) || got[1] != (Letter{"", "Ünicode", "-- \nBob\n"}) {
		t.Errorf("%+v", got)
	}
}

func TestProblemsNameTheLetter(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "letter 1: a Subject has 1 to 200 bytes",
		"Subject: a\n\nb\n---\n":            "letter 2: a Subject has",
		"Subject: a":                        "letter 1: there is no text",
		"Subject: a\nBcc: x@y.example\n\nb": `letter 1: its head has Subject and From, and not "Bcc: x@y.example"`,
		"Subject: a\nFrom: nobody\n\nb":     "letter 1: From is no address: ",
		strings.Repeat("Subject: a\n\nb\n---\n", 51) + "Subject: a\n\nb": "letter 51: more than 50",
		"Subject: " + strings.Repeat("a", 201) + "\n\nb":                 "letter 1: a Subject has",
	} {
		if _, err := Parse(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, not %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("Subject: a\nFrom: b <c@d.example>\n\ntext\n---\nSubject: e\n\nf")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := Parse(text)
		if err != nil {
			return
		}
		for _, l := range all {
			if l.Subject == "" || l.Text == "" || strings.ContainsAny(l.Subject+l.From, "\n") {
				t.Fatalf("%+v", l)
			}
		}
	})
}
