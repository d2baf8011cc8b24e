package realism

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"time"
)

func httpProbe(p *probe)  { p.web(false, "http") }
func httpsProbe(p *probe) { p.web(false, "https") }

// goHTTPProbe is for products that are written in Go, and answer as Go does.
func goHTTPProbe(p *probe) {
	scheme := "http"
	if c, err := p.dial(); err == nil {
		if tls.Client(c, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(p.ctx) == nil { //nolint:gosec // it is looked at, not trusted
			scheme = "https"
		}
		_ = c.Close()
	}
	p.web(true, scheme)
}

// web looks at a web server. asGo says that its product is written in Go.
func (p *probe) web(asGo bool, scheme string) {
	client := &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DialContext: p.from.dial, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}, //nolint:gosec // it is looked at, not trusted
	}
	defer client.CloseIdleConnections()
	get := func(path string) *http.Response {
		req, err := http.NewRequestWithContext(p.ctx, http.MethodGet, scheme+"://"+p.endpoint.address()+path, http.NoBody)
		if err != nil {
			return nil
		}
		res, err := client.Do(req)
		if err != nil {
			p.found("no-answer", High, "it does not answer GET %s: %v", path, err)
			return nil
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
		_ = res.Body.Close()
		return res
	}
	if res := get("/"); res != nil {
		p.seen.system(p.endpoint.Service, res.Header.Get("Server"))
		if !asGo && res.Header.Get("Date") == "" && res.Header.Get("Server") != "" {
			p.found("no-date", Low, "%s answers without a Date", res.Header.Get("Server"))
		}
		if res.TLS != nil {
			p.certificate(asGo, res.TLS.PeerCertificates)
			if !asGo {
				p.goTLS(res.TLS.PeerCertificates[0])
			}
		}
	}
	if res := get("/" + unlikely()); res != nil && res.StatusCode == http.StatusOK {
		p.found("answers-anything", Medium, "a page that nobody can have made is there")
	}
	p.rubbishRequest(asGo, scheme)
}

// goRefusal is how Go's own server refuses rubbish, and no other.
const goRefusal = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"

func (p *probe) rubbishRequest(asGo bool, scheme string) {
	c, err := p.dial()
	if err != nil {
		return
	}
	defer c.Close()
	var stream io.ReadWriter = c
	if scheme == "https" {
		stream = tls.Client(c, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // it is looked at, not trusted
	}
	_, _ = io.WriteString(stream, "RUBBISH\r\n\r\n")
	said, _ := io.ReadAll(io.LimitReader(stream, 16<<10))
	if !asGo && strings.HasPrefix(string(said), goRefusal) {
		p.found("go-server", High, "it refuses rubbish as a server written in Go does")
	}
}

// certificate looks at who it says it is. Products in Go have certificates for a role, and not for a host.
func (p *probe) certificate(asGo bool, chain []*x509.Certificate) {
	if len(chain) == 0 {
		return
	}
	c := chain[0]
	sum := sha256.Sum256(c.Raw)
	p.mark("certificate", hex.EncodeToString(sum[:]))
	if len(c.Subject.Organization) > 0 && c.Subject.Organization[0] == "Acme Co" {
		p.found("default-certificate", High, "its certificate is of the company that examples are of")
	}
	if age := time.Since(c.NotBefore); age >= 0 && age < 24*time.Hour {
		p.found("fresh-certificate", Low, "its certificate is good since %s only", c.NotBefore.UTC().Format(time.RFC3339))
	}
	if name := c.Subject.CommonName; !asGo && name != "" && !strings.ContainsAny(name, " *") && strings.Contains(name, ".") == strings.Contains(p.target.Hostname, ".") {
		p.seen.name(p.endpoint.Service, name)
	}
}
