// Command decoytable writes docs/decoys.md: for each decoy, what Debian's nmap takes it for, and a login as the decky records it.
//
//	go run ./internal/decoytable > docs/decoys.md    (make decoys-table)
//	go run ./internal/decoytable smb dns             the rows of these services alone
//
// It makes one decky after another as a process on a loopback address, scans it, and logs in with a program that intruders would use. As root the deckies have the
// ports of the catalog, which nmap's probes go by. It fails when a decoy is not named as what it means to be.
package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"decnet/catalog"
	"decnet/decoy/event"
	"decnet/engine"
	"decnet/engine/process"
)

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal("decoytable: ", err)
	}
}

const (
	atOnce  = 3 // deckies under examination
	oneTime = 10 * time.Minute
)

func run() error {
	dir, err := os.MkdirTemp("", "decnet-table-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	e, err := process.New(process.Options{Dir: dir, DecoyBinary: filepath.Join("bin", "decoy"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer e.Close()

	only := os.Args[1:]
	for i := range cases {
		cases[i].number = i
	}
	if len(only) > 0 {
		cases = slices.DeleteFunc(cases, func(c scene) bool { return !slices.Contains(only, c.service) })
	}
	results := make([]result, len(cases))
	var workers sync.WaitGroup
	next := make(chan int)
	for range atOnce {
		workers.Go(func() {
			for i := range next {
				results[i] = examine(e, cases[i])
			}
		})
	}
	for i := range cases {
		next <- i
	}
	close(next)
	workers.Wait()

	out := bufio.NewWriter(os.Stdout)
	write(out, results)
	if err := out.Flush(); err != nil {
		return err
	}
	var failures []error
	covered := map[string]bool{}
	for i, r := range results {
		covered[cases[i].service] = true
		if r.err != nil {
			failures = append(failures, fmt.Errorf("%s as %s: %w", cases[i].service, cases[i].as, r.err))
		}
	}
	for _, s := range catalog.Default().Services() {
		if s.Decoy && !covered[s.Slug] && len(only) == 0 {
			failures = append(failures, fmt.Errorf("%s is not in the table", s.Slug))
		}
	}
	return errors.Join(failures...)
}

// result is what came out for one case.
type result struct {
	ports      []port
	credential string
	err        error
}

// examine makes a decky of the case, scans it, logs in and reads what it recorded.
func examine(e *process.Engine, c scene) (r result) {
	ctx, cancel := context.WithTimeout(context.Background(), oneTime)
	defer cancel()
	address := netip.AddrFrom4([4]byte{127, 44, 0, byte(10 + c.number)})
	name := fmt.Sprintf("table-%d", c.number)
	ref := engine.Ref{ID: name, Name: name, Deployment: "table", NetworkID: "table"}
	observed, err := e.Ensure(ctx, engine.Decky{
		Ref: ref, Network: engine.Network{ID: "table", Driver: engine.Loopback, Subnet: netip.PrefixFrom(address, 24).Masked()}, IP: address, Hostname: cmp.Or(c.hostname, "SRV-ALPHA-42"), OS: cmp.Or(c.os, "linux"), Distro: "debian", Archetype: c.archetype,
		Seed: fmt.Appendf(nil, "a decky of the table, number %d", c.number+1000*c.seed), Services: []string{c.service}, Generation: 1,
	}, func(string) {})
	if err != nil {
		r.err = fmt.Errorf("making the decky: %w", err)
		return r
	}
	defer func() {
		if err := e.Remove(context.WithoutCancel(ctx), ref, func(string) {}); err != nil && r.err == nil {
			r.err = fmt.Errorf("removing the decky: %w", err)
		}
	}()
	log.Printf("%s as %s", c.service, c.as)
	catalogued, _ := catalog.Default().Service(c.service)
	for _, p := range catalogued.Ports {
		at := slices.IndexFunc(observed.Endpoints, func(end engine.Endpoint) bool {
			return end.Proto == p.Proto && (end.Port == p.Number || end.Port == p.Number+process.PortOffset)
		})
		if at < 0 {
			continue // an optional one
		}
		bound := observed.Endpoints[at].Port
		found, err := scan(ctx, address.String(), p.Proto, bound, c.scripts)
		if err != nil {
			r.err = err
			return r
		}
		found.number = strconv.Itoa(p.Number) + "/" + p.Proto
		r.ports = append(r.ports, found)
	}
	for _, want := range c.wants {
		if !slices.ContainsFunc(r.ports, func(p port) bool { return strings.Contains(p.named, want) || strings.Contains(p.scripts, want) }) {
			r.err = errors.Join(r.err, fmt.Errorf("nmap does not name %q: %+v", want, r.ports))
		}
	}
	if c.login == "" {
		return r
	}
	login := exec.CommandContext(ctx, "bash", "-c", c.login)
	login.Env = append(os.Environ(), "HOST="+address.String(), "PORT="+strconv.Itoa(observed.Endpoints[0].Port), "LDAPTLS_REQCERT=never")
	out, _ := login.CombinedOutput() // it is refused: what matters is the record
	if r.credential, err = credential(ctx, e, ref, c.secret); err != nil {
		r.err = errors.Join(r.err, fmt.Errorf("%w\n%s", err, out))
	}
	return r
}

// credential waits for the login in the decky's record and writes it down.
func credential(ctx context.Context, e *process.Engine, ref engine.Ref, secret string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	found, enough := "", errors.New("found")
	err := e.Events(ctx, ref, "", true, func(l engine.Line) error {
		ev, err := event.Parse(l.Text)
		if err != nil {
			return err
		}
		if ev.Type != event.AuthAttempt {
			return nil
		}
		kind, _ := ev.Get(event.SecretKind)
		who, _ := ev.Get(event.Principal)
		given, _ := ev.Get(event.Secret)
		if secret != "" && given != secret {
			return nil
		}
		if secret == "" { // a proof, which differs each time
			given = "(a proof of it)"
		}
		found = fmt.Sprintf("`%s`: %s / %s", kind, cmp.Or(who, "–"), given)
		return enough
	})
	if errors.Is(err, enough) {
		return found, nil
	}
	return "", fmt.Errorf("no login is recorded: %w", cmp.Or(err, io.EOF))
}

// write writes the page.
func write(out io.Writer, results []result) {
	fmt.Fprintf(out, `# The decoys, as a scanner sees them

Made by `+"`make decoys-table`"+`: a decky for each row, scanned by Debian's `+"`nmap -sV`"+` (`+"`-sU`"+` and the scripts named for UDP), with a login tried by a program that intruders use and read back from the
decky's record: "a proof of it" is what the protocol sends in the password's place, kept with all that is needed to try passwords against it. For MongoDB that is the whole SCRAM exchange, salt and iterations among it;
no cracking program has a mode for the exchange itself. A decky's versions are its own: another one has others.

| service | as | port | what nmap names | scripts that answer | credential recorded |
| --- | --- | --- | --- | --- | --- |
`)
	for i, r := range results {
		for j, p := range r.ports {
			service, as, credential := cases[i].service, cases[i].as, cmp.Or(r.credential, "none: "+cases[i].loginless)
			if j > 0 {
				service, as, credential = "", "", ""
			}
			fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", service, as, p.number, cell(p.named), cell(cmp.Or(p.names, "–")), cell(credential))
		}
	}
}

// cell makes text fit for a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", "").Replace(text)
}
