package catalog

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"decnet/catalog/headerlines"
	"decnet/catalog/mailtext"
	"decnet/catalog/zonefile"
)

// SettingType is what a setting's value is.
type SettingType string

// The types.
const (
	SettingString SettingType = "STRING"
	SettingBool   SettingType = "BOOL" // true or false
	SettingInt    SettingType = "INT"
	SettingEnum   SettingType = "ENUM" // one of Choices
	SettingSet    SettingType = "SET"  // several of Choices, with commas between them
	SettingText   SettingType = "TEXT" // several lines
)

// What bounds the text of a setting that names no bound, in bytes.
const (
	maxSetting = 256
	maxText    = 4096
)

// formats are what a setting's value can have to be beyond its type: each says what is wrong with a value.
var formats = map[string]func(value string) error{
	"dns-records": func(value string) error {
		_, err := zonefile.Parse(value, "example.", 3600) // the names are relative: which domain it is makes no difference
		return err
	},
	"http-headers": func(value string) error {
		_, err := headerlines.Parse(value)
		return err
	},
	"pem-certificates": func(value string) error {
		rest, n := []byte(value), 0
		for block, more := pem.Decode(rest); block != nil; block, more = pem.Decode(more) {
			if _, err := x509.ParseCertificate(block.Bytes); block.Type != "CERTIFICATE" || err != nil {
				return fmt.Errorf("block %d is no certificate", n+1)
			}
			n++
		}
		if n == 0 {
			return errors.New("there is no PEM block of a certificate")
		}
		return nil
	},
	"pem-key": func(value string) error {
		block, _ := pem.Decode([]byte(value))
		if block == nil || !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return errors.New("there is no PEM block of a private key")
		}
		return nil
	},
	"letters": func(value string) error {
		_, err := mailtext.Parse(value)
		return err
	},
}

// Setting is something of a service that a deploy may choose. What it does not choose the decoy draws from the decky's seed, or leaves out.
type Setting struct {
	Key, Help string
	Type      SettingType
	Secret    bool     // a password or the like: not for viewers
	Choices   []string // of an enum or a set
	Pattern   string   // of a string: what it must match; "" is anything printable
	Min, Max  int      // of a number; Max is the length of a string or text in bytes, too
	pattern   *regexp.Regexp
	refused   map[string]string        // the members of a set that the original has, and why they are not here
	format    func(value string) error // nil: none
}

// Check says what is wrong with a value, as words that go on from "it": nil when nothing is.
func (s Setting) Check(value string) error {
	switch s.Type {
	case SettingBool:
		if value != "true" && value != "false" {
			return fmt.Errorf("is true or false")
		}
	case SettingInt:
		if n, err := strconv.Atoi(value); err != nil || strconv.Itoa(n) != value || n < s.Min || n > s.Max {
			return fmt.Errorf("is a whole number from %d to %d", s.Min, s.Max)
		}
	case SettingEnum:
		if !slices.Contains(s.Choices, value) {
			return fmt.Errorf("is one of %s", strings.Join(s.Choices, ", "))
		}
	case SettingSet:
		seen := map[string]bool{}
		for one := range strings.SplitSeq(value, ",") {
			if why, refused := s.refused[one]; refused {
				return fmt.Errorf("can't have %s: %s", one, why)
			}
			if !slices.Contains(s.Choices, one) || seen[one] {
				return fmt.Errorf("is one or several of %s, each once, with commas between them", strings.Join(s.Choices, ", "))
			}
			seen[one] = true
		}
	default:
		if value == "" || len(value) > s.Max {
			return fmt.Errorf("has 1 to %d bytes", s.Max)
		}
		lines := s.Type == SettingText
		if !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) && !(lines && (r == '\n' || r == '\t')) }) {
			return fmt.Errorf("is printable text")
		}
		if s.pattern != nil && !s.pattern.MatchString(value) {
			return fmt.Errorf("does not match %s", s.Pattern)
		}
	}
	if s.format != nil {
		if err := s.format(value); err != nil {
			return fmt.Errorf("can't be read: %w", err)
		}
	}
	return nil
}

// Setting returns the service's setting of that key, if there is one.
func (s Service) Setting(key string) (Setting, bool) {
	i := slices.IndexFunc(s.Settings, func(o Setting) bool { return o.Key == key })
	if i < 0 {
		return Setting{}, false
	}
	return s.Settings[i], true
}

// CheckTogether checks what is chosen for the service as a whole, each value being right by itself: it names the key of the value that does not fit the others.
func (s Service) CheckTogether(chosen map[string]string) (key string, err error) {
	cert, hasCert := chosen["tls_cert"]
	secret, hasKey := chosen["tls_key"]
	switch {
	case hasCert && !hasKey:
		return "tls_cert", errors.New("needs tls_key, its private key")
	case hasKey && !hasCert:
		return "tls_key", errors.New("needs tls_cert, its certificate")
	case hasCert:
		if _, err := tls.X509KeyPair([]byte(cert), []byte(secret)); err != nil {
			return "tls_key", errors.New("is not the private key of tls_cert")
		}
		if _, both := chosen["tls_cn"]; both {
			return "tls_cn", errors.New("can't go with tls_cert, which has its own name")
		}
	}
	return "", nil
}

// settings reads a service's settings, which only the embedded catalog has: the decoy binary has to know them.
func (l *loader) settings(n ast.Node) []Setting {
	if !l.embedded {
		l.fail(n, "settings are what the decoy binary knows, which a file can't change")
		return nil
	}
	var out []Setting
	l.pairs(n, func(key ast.Node, name string, value ast.Node) {
		s := Setting{Key: name, Type: SettingString}
		l.fields(value, map[string]func(ast.Node){
			"type":    func(n ast.Node) { s.Type = SettingType(strings.ToUpper(l.text(n))) },
			"help":    func(n ast.Node) { s.Help = l.text(n) },
			"secret":  func(n ast.Node) { s.Secret = l.boolean(n) },
			"choices": func(n ast.Node) { s.Choices = l.list(n, func(ast.Node, string) {}) },
			"refused": func(n ast.Node) { s.refused = l.refused(n) },
			"min":     func(n ast.Node) { s.Min = l.integer(n) },
			"max":     func(n ast.Node) { s.Max = l.integer(n) },
			"format": func(n ast.Node) {
				if s.format = formats[l.text(n)]; s.format == nil {
					l.fail(n, "%q is not a format", l.text(n))
				}
			},
			"pattern": func(n ast.Node) {
				var err error
				s.Pattern = l.text(n)
				if s.pattern, err = regexp.Compile(s.Pattern); err != nil {
					l.fail(n, "%v", err)
				}
			},
		})
		if s.Max == 0 {
			s.Max = map[SettingType]int{SettingString: maxSetting, SettingText: maxText}[s.Type]
		}
		if !slices.Contains([]SettingType{SettingString, SettingBool, SettingInt, SettingEnum, SettingSet, SettingText}, s.Type) {
			l.fail(key, "%q is not a type of setting", s.Type)
		}
		if (s.Type == SettingEnum || s.Type == SettingSet) != (len(s.Choices) > 0) {
			l.fail(key, "an enum or a set has choices, and nothing else has")
		}
		l.need(key, s.Help, "help")
		out = append(out, s)
	})
	return out
}

func (l *loader) integer(n ast.Node) int {
	v, err := strconv.Atoi(l.text(n))
	if err != nil {
		l.fail(n, "expected a whole number")
	}
	return v
}

// refused reads the keys that are refused, with a reason for those of a line.
func (l *loader) refused(n ast.Node) map[string]string {
	if !l.embedded {
		l.fail(n, "settings are what the decoy binary knows, which a file can't change")
		return nil
	}
	out := map[string]string{}
	l.pairs(n, func(_ ast.Node, names string, value ast.Node) {
		for key := range strings.FieldsSeq(names) {
			out[key] = l.text(value)
		}
	})
	return out
}
