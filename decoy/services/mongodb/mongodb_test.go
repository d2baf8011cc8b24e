package mongodb

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func such(t testing.TB, number string, auth bool) control.Identity {
	t.Helper()
	return servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool {
		v := newServer(h)
		return v.auth == auth && (number == "" || v.version.number == number)
	})
}

// dial connects the real driver.
func dial(t *testing.T, d *decoytest.Decky, credential *options.Credential) *mongo.Client {
	t.Helper()
	o := options.Client().ApplyURI("mongodb://" + d.Address(27017) + "/?directConnection=true").SetServerSelectionTimeout(5 * time.Second)
	if credential != nil {
		o.SetAuth(*credential)
	}
	c, err := mongo.Connect(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Disconnect(context.Background()) })
	return c
}

func TestRealDriverLooksAround(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"4.2.24", "4.4.29", "6.0.14"} {
		t.Run(number, func(t *testing.T) {
			d := decoytest.StartAs(t, such(t, number, false), "mongodb")
			c, app := dial(t, d, nil), bait.AppOf(d.Host)
			names, err := c.ListDatabaseNames(t.Context(), bson.D{})
			if want := []string{"admin", app.Name, "config", "local"}; err != nil || !slices.Equal(names, want) && !slices.Equal(slices.Sorted(slices.Values(want)), names) {
				t.Errorf("%v, %v", names, err)
			}
			collections, err := c.Database(app.Name).ListCollectionNames(t.Context(), bson.D{})
			if err != nil || !slices.Contains(collections, "users") {
				t.Errorf("%v, %v", collections, err)
			}
			users := c.Database(app.Name).Collection("users")
			var admin struct {
				Username, Email string
				ID              int `bson:"id"`
			}
			if err := users.FindOne(t.Context(), bson.D{{Key: "username", Value: "admin"}}).Decode(&admin); err != nil || admin.Email != app.People[0].Email || admin.ID != app.People[0].ID {
				t.Errorf("%+v, %v", admin, err)
			}
			if n, err := users.CountDocuments(t.Context(), bson.D{}); err != nil || int(n) != len(app.People) {
				t.Errorf("%d users, %v", n, err)
			}
			var info struct{ Version string }
			if err := c.Database("admin").RunCommand(t.Context(), bson.D{{Key: "buildInfo", Value: 1}}).Decode(&info); err != nil || info.Version != number {
				t.Errorf("%+v, %v", info, err)
			}
			err = c.Database("admin").RunCommand(t.Context(), bson.D{{Key: "nonsense", Value: 1}}).Err()
			if err == nil || !strings.Contains(err.Error(), "(CommandNotFound) no such command: 'nonsense'") {
				t.Errorf("%v", err)
			}
			d.Wait(event.CommandRun, decoytest.Has("database", app.Name), func(e event.Event) bool {
				text, _ := e.Get(event.Command)
				return strings.HasPrefix(text, `{find: "users", filter: {username: "admin"}`)
			})
		})
	}
}

func TestBlackmailersAreRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, "4.4.29", false), "mongodb")
	c, app := dial(t, d, nil), bait.AppOf(d.Host)
	if err := c.Database(app.Name).Drop(t.Context()); err != nil {
		t.Error(err)
	}
	note := c.Database("READ_ME_TO_RECOVER").Collection("README")
	if _, err := note.InsertOne(t.Context(), bson.D{{Key: "content", Value: "All your data is backed up. Pay 0.01 BTC"}}); err != nil {
		t.Error(err)
	}
	names, err := dial(t, d, nil).ListDatabaseNames(t.Context(), bson.D{})
	if err != nil || slices.Contains(names, app.Name) || !slices.Contains(names, "READ_ME_TO_RECOVER") {
		t.Errorf("%v, %v", names, err)
	}
	var read struct{ Content string }
	if err := note.FindOne(t.Context(), bson.D{}).Decode(&read); err != nil || read.Content != "All your data is backed up. Pay 0.01 BTC" {
		t.Errorf("%+v, %v", read, err)
	}
	d.Wait("write", decoytest.Has("method", "dropDatabase"), decoytest.Has("collection", app.Name+"."))
	d.Wait("write", decoytest.Has("method", "insert"), func(e event.Event) bool {
		content, _ := e.Get("content")
		return strings.Contains(content, `content: "All your data is backed up. Pay 0.01 BTC"`)
	})
}

func TestLogins(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, "5.0.26", true), "mongodb")
	for _, mechanism := range []string{"SCRAM-SHA-1", "SCRAM-SHA-256"} {
		good := bait.Passwords(d.Host, "mongodb", "admin")[1]
		if _, err := dial(t, d, &options.Credential{AuthMechanism: mechanism, Username: "admin", Password: good}).ListDatabaseNames(t.Context(), bson.D{}); err != nil {
			t.Errorf("%s with a weak password: %v", mechanism, err)
		}
		kind := strings.ToLower(mechanism)
		d.Wait(event.AuthAttempt, decoytest.Has(event.SecretKind, kind), decoytest.Has(event.Principal, "admin"), decoytest.Has(event.Outcome, event.Accepted))
		_, err := dial(t, d, &options.Credential{AuthMechanism: mechanism, Username: "bo,ss", Password: "Summer 2026!"}).ListDatabaseNames(t.Context(), bson.D{})
		if err == nil || !strings.Contains(err.Error(), "Authentication failed") {
			t.Errorf("%s with a wrong password: %v", mechanism, err)
		}
		e := d.Wait(event.AuthAttempt, decoytest.Has(event.SecretKind, kind), decoytest.Has(event.Principal, "bo,ss"), decoytest.Has(event.Outcome, event.Rejected))
		if secret, _ := e.Get(event.Secret); !strings.Contains(secret, "n=bo=2Css,r=") || !strings.Contains(secret, ",s=") || !strings.Contains(secret, ",p=") {
			t.Errorf("what is kept to guess from is %q", secret)
		}
	}
	_, err := dial(t, d, nil).ListDatabaseNames(t.Context(), bson.D{})
	if err == nil || !strings.Contains(err.Error(), "(Unauthorized) command listDatabases requires authentication") {
		t.Errorf("without a login: %v", err)
	}
	dial(t, d, &options.Credential{AuthMechanism: "PLAIN", AuthSource: "$external", Username: "u", Password: "in the clear", PasswordSet: true}).Ping(t.Context(), nil)
	d.Wait(event.AuthAttempt, decoytest.Has(event.SecretKind, "plain"), decoytest.Has(event.Principal, "u"), decoytest.Has(event.Secret, "in the clear"))
}

func TestBrowsersAreTold(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "mongodb")
	conn := d.Dial(27017)
	io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
	if got, _ := io.ReadAll(conn); string(got) != browserSay {
		t.Errorf("%q", got)
	}
}

func TestScannerNamesTheProduct(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, "4.4.29", false), "mongodb")
	host, port, err := net.SplitHostPort(d.Address(27017))
	if err != nil {
		t.Fatal(err)
	}
	out, err := servicetest.Run(t, "", "nmap", "-sV", "-Pn", "-n", "-p", port, "--version-all", host)
	if err != nil || !strings.Contains(out, "MongoDB 4.4.29") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestDeckiesDifferAndStay(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 19, func(h *decoy.Host) string {
		v, s := newServer(h), newSpace(h)
		return fmt.Sprint(v.version, v.auth, v.process, s.collections[1].id, shown(s.collections[1].documents[0], 4096))
	})
}

func TestWhatIsWrittenIsBounded(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	d := decoytest.Start(t, "mongodb")
	s := newSpace(h)
	for i := range 3 * maxCollections {
		s.open("x", fmt.Sprint(i))
	}
	if n := len(s.collections); n > len(newSpace(h).collections)+maxCollections {
		t.Errorf("%d collections", n)
	}
	conn := d.Dial(27017)
	var head [16]byte
	binary.LittleEndian.PutUint32(head[:], 1<<30)
	binary.LittleEndian.PutUint32(head[12:], opMsg)
	conn.Write(head[:])
	if _, err := conn.Read(head[:]); !errors.Is(err, io.EOF) {
		t.Errorf("a message of a gigabyte: %v", err)
	}
	d.Wait("protocol_error")
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, "", false), "mongodb")
	ping := message{op: opMsg}.reply(1, doc{{"ping", 1}, {"$db", "admin"}})
	servicetest.Garbage(t, d, 27017, string(ping), string(ping[:20]), "\xff\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00")
	servicetest.Recovers(t, func() bool {
		conn, err := net.Dial("tcp", d.Address(27017))
		if err != nil {
			return false
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(2 * time.Second))
		conn.Write(ping)
		m, err := readMessage(conn)
		ok, _ := m.command.number("ok")
		return err == nil && ok == 1
	})
}

func FuzzMessage(f *testing.F) {
	all := doc{
		{"find", "x"}, {"$db", "y"}, {"f", 1.5}, {"d", doc{{"a", array{int32(1), int64(2), nil, true}}}}, {"b", binaryOf{0, []byte("x")}}, {"o", objectID{1}}, {"t", time.UnixMilli(5).UTC()},
		{"r", regex{"a", "i"}}, {"c", code("x")}, {"ts", timestamp(3)}, {"dec", decimal{2}}, {"min", minKey{}}, {"max", maxKey{}}, {"u", undefined{}},
	}
	f.Add(message{op: opMsg}.reply(1, all))
	f.Add(append([]byte("\x3f\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xd4\x07\x00\x00\x00\x00\x00\x00admin.$cmd\x00\x00\x00\x00\x00\xff\xff\xff\xff"), appendDoc(nil, doc{{"isMaster", 1}})...))
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := readMessage(bytes.NewReader(data))
		if err != nil || len(m.command) == 0 {
			return
		}
		again, n, err := parse(appendDoc(nil, m.command))
		if err != nil || shown(again, 1<<20) != shown(m.command, 1<<20) || n == 0 {
			t.Fatalf("%s becomes %s, %v", shown(m.command, 4096), shown(again, 4096), err)
		}
		c := &call{&client{server: newServer(h)}, newSpace(h), m.command, m.database}
		for _, run := range []func(*call) doc{find, aggregate, count, distinct, listCollections, collStats, hello} {
			appendDoc(nil, run(c))
		}
	})
}
