package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"
	_ "github.com/mattn/go-sqlite3" // the sqlite3 driver
)

// bareCommit starts an HTTP handler that does nothing but a durable SQLite transaction (one decky updated, one lifecycle inserted), and returns a
// call of it.
func bareCommit(ctx context.Context, path string) (call func(int) error, stop func(), err error) {
	db, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate")
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	for _, q := range []string{
		"CREATE TABLE deckies (id INTEGER PRIMARY KEY, services TEXT, generation INTEGER)",
		"CREATE TABLE lifecycles (id INTEGER PRIMARY KEY, decky INTEGER, status TEXT, at TEXT)",
		"INSERT INTO deckies VALUES (1, '[]', 0)",
	} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return nil, nil, errors.Join(err, db.Close())
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	srv := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		tx, err := db.BeginTx(r.Context(), nil)
		if err == nil {
			_, err = tx.Exec("UPDATE deckies SET services = ?, generation = generation + 1 WHERE id = 1", time.Now().String())
		}
		if err == nil {
			_, err = tx.Exec("INSERT INTO lifecycles (decky, status, at) VALUES (1, 'PENDING', ?)", time.Now().String())
		}
		if err == nil {
			err = tx.Commit()
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, `{"data":{"mutateDecky":{"lifecycleIds":["x"]}}}`)
	})}
	go func() { _ = srv.Serve(l) }()
	s := &server{url: "http://" + l.Addr().String()}
	return func(int) error { return s.ask(ctx, "mutation", nil, nil) }, func() { _ = srv.Close(); _ = db.Close() }, nil
}

// ours finds the containers of this run.
func (b *bench) ours(ctx context.Context, cli *client.Client, name string) ([]container.Summary, error) {
	return cli.ContainerList(ctx, container.ListOptions{Filters: filters.NewArgs(filters.Arg("label", "decnet.name="+name))})
}

// floorSwap measures the engine's own way to a new service: attach, one line in, one line out, first byte.
func (b *bench) floorSwap(ctx context.Context, ip string) ([]time.Duration, error) {
	cli, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return nil, err
	}
	defer cli.Close()
	found, err := b.ours(ctx, cli, "one")
	if err != nil || len(found) == 0 {
		return nil, fmt.Errorf("find the decky's container: %w", err)
	}
	exchange := func(generation int, services ...string) error {
		conn, err := cli.ContainerAttach(ctx, found[0].ID, container.AttachOptions{Stream: true, Stdin: true, Stderr: true})
		if err != nil {
			return err
		}
		defer conn.Close()
		line, err := json.Marshal(map[string]any{"id": strconv.Itoa(generation), "op": "apply", "generation": generation, "services": services})
		if err != nil {
			return err
		}
		if _, err := conn.Conn.Write(append(line, '\n')); err != nil {
			return err
		}
		r, w := io.Pipe()
		defer r.Close()
		go func() { _, err := stdcopy.StdCopy(io.Discard, w, conn.Reader); w.CloseWithError(err) }()
		_, err = bufio.NewReader(r).ReadString('\n')
		return err
	}
	var out []time.Duration
	for i := range 60 {
		if err := exchange(1_000_000+2*i, "ssh"); err != nil {
			return nil, err
		}
		began := time.Now()
		if err := exchange(1_000_001+2*i, "ssh", "telnet"); err != nil {
			return nil, err
		}
		if err := greeted(ctx, ip+":23"); err != nil {
			return nil, err
		}
		out = append(out, time.Since(began))
	}
	return out, nil
}

const twenty = 20

// deploy20 measures a deploy of 20 deckies, to the moment that every service answers, against the same containers made by plain SDK calls.
func (b *bench) deploy20(ctx context.Context) error {
	cli, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return err
	}
	defer cli.Close()
	found, err := b.ours(ctx, cli, "one")
	if err != nil || len(found) == 0 {
		return fmt.Errorf("find the decky's container: %w", err)
	}
	model, err := cli.ContainerInspect(ctx, found[0].ID)
	if err != nil {
		return err
	}
	var ours, plain []time.Duration
	for round := range 3 {
		began := time.Now()
		ids, err := b.deploy(ctx, fmt.Sprintf("t%d", round), twenty)
		if err != nil {
			return err
		}
		if err := b.settle(ctx, ids); err != nil {
			return err
		}
		ours = append(ours, time.Since(began))
		d, err := plainSDK(ctx, cli, model)
		if err != nil {
			return err
		}
		plain = append(plain, d)
	}
	o, p := quantile(ours, .5), quantile(plain, .5)
	row("20 deckies deployed, each answering (median of 3)", fmt.Sprintf("%.2f s", o.Seconds()), fmt.Sprintf("%.2f s (plain SDK calls, concurrency %d)", p.Seconds(), concurrency), ratio(o, p), "≤ 1.15×")
	return nil
}

// plainSDK makes 20 containers like a decky's, starts them, and has each open its service.
func plainSDK(ctx context.Context, cli *client.Client, model container.InspectResponse) (took time.Duration, err error) {
	name := fmt.Sprintf("decnet-bench-floor-%d", os.Getpid()) // an engine may hold on to the network of a run that was broken off
	if _, err := cli.NetworkCreate(ctx, name, network.CreateOptions{Driver: "bridge", Internal: true}); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, cli.NetworkRemove(context.WithoutCancel(ctx), name)) }()
	made := make([]string, twenty)
	defer func() {
		err = errors.Join(err, each(twenty, func(i int) error {
			return cli.ContainerRemove(context.WithoutCancel(ctx), made[i], container.RemoveOptions{Force: true, RemoveVolumes: true})
		}))
	}()
	config := *model.Config
	config.Labels, config.MacAddress = nil, ""
	config.Env = slices.Clone(config.Env)
	for i, e := range config.Env {
		if value, ok := strings.CutPrefix(e, "DECOY_IDENTITY="); ok {
			var id map[string]any
			if err := json.Unmarshal([]byte(value), &id); err != nil {
				return 0, err
			}
			id["ip"] = "" // whatever address the engine gives
			anew, err := json.Marshal(id)
			if err != nil {
				return 0, err
			}
			config.Env[i] = "DECOY_IDENTITY=" + string(anew)
		}
	}
	host := *model.HostConfig
	host.NetworkMode = container.NetworkMode(name)
	host.Mounts = []mount.Mount{{Type: mount.TypeVolume, Target: "/state"}}
	began := time.Now()
	err = each(twenty, func(i int) error {
		c, err := cli.ContainerCreate(ctx, &config, &host, nil, nil, fmt.Sprintf("%s-%d", name, i))
		if err != nil {
			return err
		}
		made[i] = c.ID
		if err := cli.ContainerStart(ctx, c.ID, container.StartOptions{}); err != nil {
			return err
		}
		conn, err := cli.ContainerAttach(ctx, c.ID, container.AttachOptions{Stream: true, Stdin: true, Stderr: true})
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := io.WriteString(conn.Conn, `{"id":"x","op":"apply","generation":1,"services":["ssh"]}`+"\n"); err != nil {
			return err
		}
		_, err = conn.Reader.ReadByte()
		return err
	})
	return time.Since(began), err
}
