package config

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"decnet/export"
)

// Alert says whom to tell of intruders; what is empty is nobody.
type Alert struct {
	Webhook    string
	SecretFile string
	Quiet      time.Duration
}

func (a *Alert) flags(f *pflag.FlagSet) {
	f.StringVar(&a.Webhook, "alert-webhook", "", "address to which a message is posted when somebody touches a decky, and again when they come farther; Slack, Mattermost, Teams and Discord show it as it is")
	f.StringVar(&a.SecretFile, "alert-secret-file", "", "file with a secret that signs the messages (HMAC-SHA256, in X-Decnet-Signature)")
	f.DurationVar(&a.Quiet, "alert-quiet", time.Hour, "for how long nothing more is said of a source that comes no farther")
}

// ErrNoWebhook says that there is nobody to tell.
var ErrNoWebhook = errors.New("no --alert-webhook is set")

// NewWebhook is where alerts go. link is the server's own address for people; "": none.
func (a *Alert) NewWebhook(link string) (*export.Webhook, error) {
	if a.Webhook == "" {
		return nil, ErrNoWebhook
	}
	o := export.WebhookOptions{URL: a.Webhook, Quiet: a.Quiet, Link: link}
	if a.SecretFile != "" {
		secret, err := os.ReadFile(a.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("--alert-secret-file: %w", err)
		}
		if o.Secret = []byte(strings.TrimSpace(string(secret))); len(o.Secret) == 0 {
			return nil, fmt.Errorf("--alert-secret-file: %s is empty", a.SecretFile)
		}
	}
	h, err := export.NewWebhook(o)
	if err != nil {
		return nil, fmt.Errorf("--alert-webhook: %w", err)
	}
	return h, nil
}
