package sshwire

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// banners are those of the deckies' personas, with all that differ on the wire.
var banners = []string{
	"OpenSSH_9.2p1 Debian-2+deb12u2", "OpenSSH_9.2p1 Debian-2+deb12u3", "OpenSSH_9.2p1 Debian-2+deb12u5", "OpenSSH_8.9p1 Ubuntu-3ubuntu0.10", "OpenSSH_8.2p1 Ubuntu-4ubuntu0.9",
	"OpenSSH_8.2p1 Ubuntu-4ubuntu0.11", "OpenSSH_8.7", "OpenSSH_7.4", "OpenSSH_9.3", "OpenSSH_9.6p1 Debian-4", "OpenSSH_9.7p1 Debian-5", "OpenSSH_9.7", "OpenSSH_9.8", "OpenSSH_9.6",
	"OpenSSH_for_Windows_7.7", "OpenSSH_for_Windows_8.1", "OpenSSH_for_Windows_9.5", "OpenSSH_9.6 FreeBSD-20240701", "OpenSSH_9.5 FreeBSD-20231004",
	"dropbear_2018.76", "dropbear_2019.78", "dropbear_2020.81", "Cisco-1.25",
}

// testKeys are a host's.
var testKeys = sync.OnceValue(func() []Signer {
	r, err1 := rsa.GenerateKey(rand.Reader, 2048)
	e, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, d, err3 := ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(err1, err2, err3); err != nil {
		panic(err)
	}
	var signers []Signer
	for _, key := range []any{r, e, d} {
		s, err := NewSignerFromKey(key)
		if err != nil {
			panic(err)
		}
		signers = append(signers, s)
	}
	return signers
})

func configOf(banner string) *ServerConfig {
	c := &ServerConfig{
		Config: Config{Product: ProductOf(banner)}, ServerVersion: "SSH-2.0-" + banner, MaxAuthTries: 6,
		PasswordCallback: func(_ ConnMetadata, password []byte) (*Permissions, error) {
			if string(password) != "secret" {
				return nil, errors.New("no")
			}
			return nil, nil
		},
		PublicKeyCallback: func(ConnMetadata, PublicKey) (*Permissions, error) { return nil, nil },
	}
	for _, key := range testKeys() {
		c.AddHostKey(key)
	}
	return c
}

// serve answers clients as the product, until the test ends: what comes in on a channel goes out again.
func serve(t *testing.T, banner string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				conn.SetDeadline(time.Now().Add(time.Minute))
				serveOne(conn, configOf(banner))
			})
		}
	})
	return l.Addr().String()
}

func serveOne(conn net.Conn, config *ServerConfig) {
	defer conn.Close()
	server, channels, requests, err := NewServerConn(conn, config)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		for r := range requests {
			if r.WantReply {
				r.Reply(false, nil)
			}
		}
	}()
	for fresh := range channels {
		channel, requests, err := fresh.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				if r.Type == "exec" {
					Begin(channel)
				}
				r.Reply(r.Type == "exec", nil)
				if r.Type == "exec" {
					go func() {
						io.Copy(channel, channel)
						channel.SendRequest("exit-status", false, []byte{0, 0, 0, 0})
						channel.Close()
					}()
				}
			}
		}()
	}
}

// realClient sends text through the server at the address by OpenSSH's client, and returns what comes back.
func realClient(t *testing.T, address, text string, options ...string) (string, error) {
	t.Helper()
	host, port, _ := net.SplitHostPort(address)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args := append([]string{
		"-e", "ssh", "-F", "/dev/null", "-p", port, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=" + filepath.Join(t.TempDir(), "known"), "-o", "LogLevel=ERROR",
		"-o", "NumberOfPasswordPrompts=1", "-o", "HostKeyAlgorithms=+ssh-rsa",
	}, options...)
	cmd := exec.CommandContext(ctx, "sshpass", append(args, "root@"+host, "echo")...)
	cmd.Env = append(os.Environ(), "SSHPASS=secret")
	cmd.Stdin = strings.NewReader(text)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, stderr.String())
	}
	return string(out), err
}

// known returns what the client knows of a kind.
func known(t *testing.T, kind string) []string {
	t.Helper()
	out, err := exec.Command("ssh", "-Q", kind).Output()
	if err != nil {
		t.Fatal("this test needs the real client: ", err)
	}
	return strings.Fields(string(out))
}

// TestTheRealClientAgreesToEachAlgorithm makes OpenSSH's client use every algorithm that any product offers, where it knows it.
func TestTheRealClientAgreesToEachAlgorithm(t *testing.T) {
	text := strings.Repeat("what a terminal shows is much the same from line to line\n", 2000)
	kinds := []struct {
		query   string
		options func(name string) []string
		of      func(*Product) []string
	}{
		{"kex", func(n string) []string { return []string{"-o", "KexAlgorithms=" + n} }, func(p *Product) []string { return p.KeyExchanges }},
		{"cipher", func(n string) []string { return []string{"-c", n, "-o", "MACs=+hmac-sha1"} }, func(p *Product) []string { return p.Ciphers }},
		{"mac", func(n string) []string { return []string{"-m", n, "-c", "aes256-ctr"} }, func(p *Product) []string { return p.MACs }},
		{"HostKeyAlgorithms", func(n string) []string { return []string{"-o", "HostKeyAlgorithms=" + n} }, func(p *Product) []string { return p.HostKeys }},
	}
	for _, kind := range kinds {
		names := known(t, kind.query)
		tried := map[string]bool{}
		for _, banner := range banners {
			for _, name := range kind.of(ProductOf(banner)) {
				if tried[name] || !slices.Contains(names, name) {
					continue
				}
				tried[name] = true
				t.Run(kind.query+"/"+name, func(t *testing.T) {
					t.Parallel()
					options := kind.options(name)
					if kind.query != "kex" {
						options = append(options, "-o", "KexAlgorithms=+diffie-hellman-group14-sha1")
					}
					if got, err := realClient(t, serve(t, banner), text, options...); err != nil || got != text {
						t.Errorf("%s: %d bytes of %d come back: %v", banner, len(got), len(text), err)
					}
				})
			}
		}
		if len(tried) < 5 {
			t.Errorf("of %s only %v were tried", kind.query, tried)
		}
	}
	for _, banner := range []string{"OpenSSH_9.2p1 Debian-2+deb12u5", "OpenSSH_for_Windows_8.1"} {
		t.Run("compression/"+banner, func(t *testing.T) {
			t.Parallel()
			for _, options := range [][]string{{"-C"}, {"-C", "-o", "RekeyLimit=20K", "-c", "aes128-ctr"}} {
				if got, err := realClient(t, serve(t, banner), text, options...); err != nil || got != text {
					t.Errorf("%v: %d bytes of %d come back: %v", options, len(got), len(text), err)
				}
			}
		})
	}
}
