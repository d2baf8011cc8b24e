package export

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/decoy/event"
	"decnet/engine/sim"
	"decnet/interactions"
	"decnet/internal/ports"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
	"decnet/store/storetest"
)

// hostile is a password that is hard to pass on.
const hostile = "a[0] \"]\n\x00\xff\u202e<34>1 - - - - - -"

// recorded is a fleet of one decky whose event lines become interactions.
type recorded struct {
	*world.World
	t     *testing.T
	sim   *sim.Engine
	grown *lifecycle.Bell
	seq   uint64
}

func record(t *testing.T, s *store.Store) *recorded {
	e := sim.New(sim.Options{})
	r := &recorded{World: world.On(t, s, e), t: t, sim: e, grown: &lifecycle.Bell{}}
	r.World.Run(lifecycle.RunnerOptions{})
	r.Follow(nil, r.Deploy("a")...)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { interactions.NewCollector(s, e, &r.Bells.Touched, r.grown, time.Now, r.Log).Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return r
}

// add records n more attempts, and waits until they are stored.
func (r *recorded) add(n int) {
	r.t.Helper()
	id := string(r.Decky("a").ID)
	for range n {
		r.seq++
		r.sim.Emit(id, string(event.Append(nil, event.Event{
			Time: time.Now(), Severity: event.Warning, Host: "a", Service: "ssh", Session: fmt.Sprint("s", r.seq), Type: event.AuthAttempt, Boot: "b1", Seq: r.seq, Message: "tried",
			Fields: []event.Field{event.String(event.SrcIP, "10.0.0.9"), event.String(event.Principal, "root"), event.Bytes(event.Secret, []byte(hostile))},
		})))
	}
	require.Eventually(r.t, func() bool {
		span, err := store.SpanOf(r.t.Context(), r.Store.Read, interactions.Stream)
		return err == nil && span.Head == int64(r.seq)
	}, world.Patience, 5*time.Millisecond)
}

// export runs an exporter until stop, with hardly a wait between its tries.
func (r *recorded) export(sink Sink) (e *Exporter, stop func()) {
	e = New(r.Store, r.grown, sink, r.Log)
	e.wait = func(ctx context.Context, _ time.Duration) { wait(ctx, 20*time.Millisecond) }
	ctx, cancel := context.WithCancel(r.t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { e.Run(ctx) })
	return e, func() { cancel(); wg.Wait() }
}

func linesOf(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	if i := strings.LastIndexByte(string(b), '\n'); i >= 0 {
		return strings.Split(string(b[:i]), "\n")
	}
	return nil
}

func eventually(t *testing.T, ok func() bool, what string) {
	t.Helper()
	require.Eventually(t, ok, world.Patience, 10*time.Millisecond, what)
}

// The file has each interaction once, in order, whatever happens between: a restart, one that could not remember, a line that is torn, a rotation.
func TestTheFileHasEachInteractionOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := record(t, s)
		path := filepath.Join(t.TempDir(), "out.jsonl")
		r.add(300) // more than a batch
		_, stop := r.export(NewFile(path))
		eventually(t, func() bool { return len(linesOf(t, path)) == 300 }, "what there was")
		stop()
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

		// The server died after it had written ten and a half more, and before it could remember.
		r.add(20)
		rows, _, err := interactions.NewLog(s, r.grown).Page(t.Context(), interactions.Filter{}, 300)
		require.NoError(t, err)
		e := New(s, r.grown, NewFile(path), r.Log)
		_, err = e.once(t.Context())
		require.NoError(t, err)
		require.Len(t, rows, 20)
		require.NoError(t, e.advance(t.Context(), 300))
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, b[:len(b)-9*len(b)/320-100], 0o600))
		_, stop = r.export(NewFile(path))
		eventually(t, func() bool { return len(linesOf(t, path)) == 320 }, "the rest")

		require.NoError(t, os.Rename(path, path+".1"))
		r.add(5)
		eventually(t, func() bool { return len(linesOf(t, path)) == 5 }, "a new file after the rotation")
		stop()

		seen := map[string]bool{}
		for i, text := range append(linesOf(t, path+".1"), linesOf(t, path)...) {
			var l line
			require.NoError(t, json.Unmarshal([]byte(text), &l))
			require.Equal(t, fmt.Sprint("s", i+1), l.Session, "in order, none twice")
			require.False(t, seen[l.Cursor])
			seen[l.Cursor] = true
			require.Equal(t, []any{"a", "default", "ssh", "10.0.0.9", "root"}, []any{l.Decky, l.Deployment, l.Service, l.SourceIP, *l.Principal})
		}
	})
}

// What was pruned before it could be exported is skipped, and counted.
func TestWhatIsGoneIsSkippedAndCounted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := record(t, s)
		r.add(30)
		_, err := interactions.Prune(t.Context(), s, time.Time{}, 10)
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), "out.jsonl")
		e, stop := r.export(NewFile(path))
		defer stop()
		eventually(t, func() bool { return e.State().Sent == 10 }, "what is left")
		require.Equal(t, State{Name: "file", Sent: 10, Skipped: 20, At: 30}, e.State())
	})
}

// rsyslog is Debian's syslog server on a port of its own.
type rsyslog struct {
	t         *testing.T
	dir, conf string
	address   string
	process   *exec.Cmd
	ca        string
	out       string
}

func newRsyslog(t *testing.T, secured bool) *rsyslog {
	if _, err := exec.LookPath("rsyslogd"); err != nil {
		t.Fatal("rsyslogd is needed: make need-test")
	}
	address, err := ports.Free()
	require.NoError(t, err)
	r := &rsyslog{t: t, dir: t.TempDir(), address: address}
	host, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	r.conf, r.out = filepath.Join(r.dir, "rsyslog.conf"), filepath.Join(r.dir, "out")
	global, module := "", ""
	if secured {
		cert, key := certify(t, r.dir, host)
		r.ca = cert
		global = fmt.Sprintf(` defaultNetstreamDriverCAFile=%q defaultNetstreamDriverCertFile=%q defaultNetstreamDriverKeyFile=%q`, cert, cert, key)
		module = ` streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon"`
	}
	require.NoError(t, os.WriteFile(r.conf, fmt.Appendf(nil, `global(workDirectory=%q maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off"%s)
module(load="imtcp"%s)
template(name="raw" type="string" string="%%rawmsg%%\n")
input(type="imtcp" port="%s" address="%s")
action(type="omfile" file=%q template="raw")
`, r.dir, global, module, port, host, r.out), 0o600))
	t.Cleanup(r.stop)
	return r
}

func (r *rsyslog) start() {
	r.t.Helper()
	r.process = exec.Command("rsyslogd", "-n", "-f", r.conf, "-i", filepath.Join(r.dir, "pid"))
	r.process.Stderr = os.Stderr
	require.NoError(r.t, r.process.Start())
}

// stop ends it in an orderly way: what it has taken it writes down.
func (r *rsyslog) stop() {
	if r.process == nil {
		return
	}
	_ = r.process.Process.Signal(syscall.SIGTERM)
	_ = r.process.Wait()
	r.process = nil
}

// certify makes a certificate that vouches for itself.
func certify(t *testing.T, dir, host string) (cert, key string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, IPAddresses: []net.IP{net.ParseIP(host)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600))
	return cert, key
}

// A real syslog server gets each message whole, also when it is down for a while or the exporter starts again.
func TestSyslogReachesARealReceiver(t *testing.T) {
	for _, scheme := range []string{"tcp", "tls"} {
		t.Run(scheme, func(t *testing.T) {
			s := storetest.New(t)
			r := record(t, s)
			receiver := newRsyslog(t, scheme == "tls")
			sink := func() Sink {
				s, err := NewSyslog(scheme+"://"+receiver.address, receiver.ca)
				require.NoError(t, err)
				return s
			}
			r.add(10)
			e, stop := r.export(sink())
			eventually(t, func() bool { return e.State().Failures > 0 }, "the receiver is not there yet")
			receiver.start()
			eventually(t, func() bool { return len(linesOf(t, receiver.out)) == 10 }, "what waited for it")

			receiver.stop()
			before := e.State().Failures
			r.add(300)
			eventually(t, func() bool { return e.State().Failures > before }, "the receiver is down")
			receiver.start()
			eventually(t, func() bool { return e.State().Sent == 310 }, "what came meanwhile")
			stop()
			r.add(5)
			e, stop = r.export(sink())
			eventually(t, func() bool { return e.State().Sent == 5 }, "what came while the exporter was down")
			stop()
			eventually(t, func() bool { return len(linesOf(t, receiver.out)) >= 315 }, "all of it")
			receiver.stop()

			next := uint64(0)
			for _, l := range linesOf(t, receiver.out) {
				got, err := event.Parse([]byte(l))
				require.NoError(t, err, l)
				require.LessOrEqual(t, got.Seq, next+1, "none is missing")
				next = max(next, got.Seq)
				secret, _ := got.Get(event.Secret)
				require.Equal(t, hostile, secret, "every byte")
				deployment, _ := got.Get("deployment")
				require.Equal(t, "default", deployment)
			}
			require.EqualValues(t, 315, next)
		})
	}
}

func TestAReceiverMustBeOne(t *testing.T) {
	for _, bad := range []string{"", "udp://host:514", "tcp://", "host:514", "tls://host/path", "tls://u:p@host"} {
		_, err := NewSyslog(bad, "")
		require.Error(t, err, bad)
	}
	_, err := NewSyslog("tcp://host", "ca.pem")
	require.Error(t, err, "who asks for a certificate wants TLS")
	_, err = NewSyslog("tls://host", filepath.Join(t.TempDir(), "none.pem"))
	require.Error(t, err)
}

// A file that can't be written is told of at the start, and not only when an intruder comes.
func TestAFileThatCantBeWrittenIsToldAtTheStart(t *testing.T) {
	out, in, err := os.Pipe()
	require.NoError(t, err)
	defer out.Close()
	ctx, cancel := context.WithCancel(t.Context())
	path := filepath.Join(t.TempDir(), "none", "interactions.jsonl")
	e := New(storetest.New(t), &lifecycle.Bell{}, NewFile(path), slog.New(slog.NewTextHandler(in, nil)))
	var wg sync.WaitGroup
	wg.Go(func() { e.Run(ctx) })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "level=WARN")
	require.Contains(t, line, path+": no such file or directory")
	cancel()
	wg.Wait()
	require.NoError(t, in.Close())
}
