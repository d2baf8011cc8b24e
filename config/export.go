package config

import (
	"errors"

	"github.com/spf13/pflag"

	"decnet/export"
)

// Export says where interactions go as they are recorded; what is empty is nowhere.
type Export struct {
	File     string
	Syslog   string
	SyslogCA string
}

func (e *Export) flags(f *pflag.FlagSet) {
	f.StringVar(&e.File, "export-file", "", "file to which interactions are appended as JSON lines as they are recorded, secrets among them; may be rotated by renaming it")
	f.StringVar(&e.Syslog, "export-syslog", "", "syslog receiver that gets interactions as they are recorded, in RFC 5424 with octet counting: tcp://HOST:PORT or tls://HOST:PORT")
	f.StringVar(&e.SyslogCA, "export-syslog-ca", "", "certificate (PEM) that vouches for the TLS receiver, in place of the system's")
}

// Sinks are the places where interactions go, and who is told of them.
func (c *Config) Sinks() ([]export.Sink, error) {
	var sinks []export.Sink
	if c.Export.File != "" {
		sinks = append(sinks, export.NewFile(c.Export.File))
	}
	if c.Export.Syslog != "" {
		s, err := export.NewSyslog(c.Export.Syslog, c.Export.SyslogCA)
		if err != nil {
			return nil, err
		}
		sinks = append(sinks, s)
	}
	switch h, err := c.Alert.NewWebhook(c.OIDC.PublicURL); {
	case err == nil:
		sinks = append(sinks, h)
	case !errors.Is(err, ErrNoWebhook):
		return nil, err
	}
	return sinks, nil
}
