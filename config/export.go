package config

import (
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

// Sinks are the places where interactions go.
func (e *Export) Sinks() ([]export.Sink, error) {
	var sinks []export.Sink
	if e.File != "" {
		sinks = append(sinks, export.NewFile(e.File))
	}
	if e.Syslog != "" {
		s, err := export.NewSyslog(e.Syslog, e.SyslogCA)
		if err != nil {
			return nil, err
		}
		sinks = append(sinks, s)
	}
	return sinks, nil
}
