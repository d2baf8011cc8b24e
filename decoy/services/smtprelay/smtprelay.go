// Package smtprelay is the decoy of a mail server that passes on whatever it is given: the mail server of package smtp with its doors open. Nothing
// leaves the decky; each message is hashed, and its first 64 KiB are kept as events.
package smtprelay

import (
	"decnet/decoy"
	"decnet/decoy/services/smtp"
)

func init() {
	decoy.Register("smtp_relay", func(h *decoy.Host) (decoy.Service, error) { return smtp.NewRelay(h), nil })
}
