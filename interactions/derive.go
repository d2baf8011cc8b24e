package interactions

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"

	"decnet/decoy/event"
	"decnet/ent"
	"decnet/ent/attacker"
	"decnet/ent/credential"
	"decnet/ent/interaction"
	"decnet/ent/session"
	"decnet/ent/touch"
	"decnet/pid"
	"decnet/store"
)

// derivation is what a batch of events makes of the rows that sum interactions up: sessions, credentials, attackers and what they touched. It is read, added
// to and written back in the transaction that inserts the interactions, so that a line that is read again counts once here too. Nobody else writes in
// between: the store has one write door.
type derivation struct {
	decky       *ent.Decky
	edge        *pid.ID                    // to the decky; nil when it has gone
	sessions    map[string]*ent.Session    // by key
	credentials map[string]*ent.Credential // by digest
	attackers   map[string]*ent.Attacker   // by address
	touches     map[touched]*ent.Touch
}

type touched struct {
	attacker pid.ID
	service  string
}

// derive adds the intruders' events to the rows that sum interactions up, and returns for each event the credential that it tried. place is the first event's, and edge the
// decky's ID, or nil when its row has gone.
func derive(ctx context.Context, tx *store.Tx, d *ent.Decky, edge *pid.ID, events []event.Event, origins []interaction.Origin, place int64) ([]*pid.ID, error) {
	v := &derivation{
		decky: d, edge: edge, sessions: map[string]*ent.Session{}, credentials: map[string]*ent.Credential{}, attackers: map[string]*ent.Attacker{}, touches: map[touched]*ent.Touch{},
	}
	if err := v.load(ctx, tx, events, origins); err != nil {
		return nil, err
	}
	tried := make([]*pid.ID, len(events))
	for i, e := range events {
		src, _ := e.Get(event.SrcIP)
		if src == "" || origins[i] != interaction.OriginIntruder {
			continue // the decoy tells of itself, or of us
		}
		at := store.Time(e.Time)
		began := v.addSession(e, src, at, place+int64(i))
		v.addAttacker(e, src, at, place+int64(i), began)
		tried[i] = v.addCredential(e, src, at, place+int64(i))
	}
	return tried, v.save(ctx, tx)
}

// load reads the rows that the events may belong to.
func (v *derivation) load(ctx context.Context, tx *store.Tx, events []event.Event, origins []interaction.Origin) error {
	keys, addresses, digests := map[string]bool{}, map[string]bool{}, map[string][]byte{}
	for i, e := range events {
		if origins[i] != interaction.OriginIntruder {
			continue
		}
		if src, _ := e.Get(event.SrcIP); src != "" {
			addresses[src] = true
			keys[e.Session] = true
		}
		if digest := credentialOf(e); digest != nil {
			digests[string(digest)] = digest
		}
	}
	sessions, err := tx.Session.Query().Where(session.DeckyRef(v.decky.ID), session.KeyIn(slices.Collect(maps.Keys(keys))...)).All(ctx)
	if err != nil {
		return fmt.Errorf("read the sessions: %w", err)
	}
	for _, s := range sessions {
		v.sessions[s.Key] = s
	}
	credentials, err := tx.Credential.Query().Where(credential.DigestIn(slices.Collect(maps.Values(digests))...)).All(ctx)
	if err != nil {
		return fmt.Errorf("read the credentials: %w", err)
	}
	for _, c := range credentials {
		v.credentials[string(c.Digest)] = c
	}
	attackers, err := tx.Attacker.Query().Where(attacker.AddressIn(slices.Collect(maps.Keys(addresses))...)).All(ctx)
	if err != nil {
		return fmt.Errorf("read the attackers: %w", err)
	}
	ids := make([]pid.ID, 0, len(attackers))
	for _, a := range attackers {
		v.attackers[a.Address] = a
		ids = append(ids, a.ID)
	}
	touches, err := tx.Touch.Query().Where(touch.AttackerIDIn(ids...), touch.DeckyRef(v.decky.ID)).All(ctx)
	if err != nil {
		return fmt.Errorf("read what the attackers touched: %w", err)
	}
	for _, t := range touches {
		v.touches[touched{t.AttackerID, t.Service}] = t
	}
	return nil
}

// addSession returns whether the event begins its session.
func (v *derivation) addSession(e event.Event, src string, at time.Time, place int64) (began bool) {
	if e.Session == "" {
		return false
	}
	s := v.sessions[e.Session]
	if began = s == nil; began {
		s = &ent.Session{
			ID: pid.New(pid.Session), Key: e.Session, Service: e.Service, SourceIP: src, SourcePort: number(e, event.SrcPort), DestPort: number(e, event.DstPort),
			StartedAt: at, LastAt: at,
		}
		v.sessions[e.Session] = s
	}
	s.StartedAt, s.LastAt = earlier(s.StartedAt, at), later(s.LastAt, at)
	s.Interactions++
	s.LastNumber = place
	switch e.Type {
	case event.AuthAttempt:
		s.Attempts++
	case event.CommandRun:
		s.Commands++
	case event.Download:
		s.Downloads++
	case event.Terminal:
		s.Recorded = true
	case event.Disconnect:
		s.EndedAt = &at
	}
	outcome, _ := e.Get(event.Outcome)
	if who, ok := e.Get(event.Principal); ok && (!s.Authenticated || outcome == event.Accepted) {
		text, _ := event.Printable(who, event.MaxValue)
		s.Principal = &text
	}
	s.Authenticated = s.Authenticated || e.Type == event.AuthAttempt && outcome == event.Accepted
	return began
}

func (v *derivation) addAttacker(e event.Event, src string, at time.Time, place int64, began bool) {
	a := v.attackers[src]
	if a == nil {
		a = &ent.Attacker{ID: pid.New(pid.Attacker), Address: src, FirstSeenAt: at, LastSeenAt: at, Services: []string{}}
		v.attackers[src] = a
	}
	a.FirstSeenAt, a.LastSeenAt = earlier(a.FirstSeenAt, at), later(a.LastSeenAt, at)
	a.Interactions++
	a.LastNumber = place
	if began {
		a.Sessions++
	}
	switch e.Type {
	case event.AuthAttempt:
		a.Attempts++
	case event.CommandRun:
		a.Commands++
	}
	if e.Session == "" {
		return // the decoy tells what it did not let through: no service was touched
	}
	t := v.touches[touched{a.ID, e.Service}]
	if t == nil {
		if !v.met(a.ID) {
			a.Deckies++
		}
		if i, known := slices.BinarySearch(a.Services, e.Service); !known {
			a.Services = slices.Insert(a.Services, i, e.Service)
		}
		t = &ent.Touch{ID: pid.New(pid.Touch), AttackerID: a.ID, Service: e.Service, FirstSeenAt: at, LastSeenAt: at}
		v.touches[touched{a.ID, e.Service}] = t
	}
	t.FirstSeenAt, t.LastSeenAt = earlier(t.FirstSeenAt, at), later(t.LastSeenAt, at)
	t.Interactions++
}

// met tells whether the attacker has touched this decky before.
func (v *derivation) met(attacker pid.ID) bool {
	for t := range v.touches {
		if t.attacker == attacker {
			return true
		}
	}
	return false
}

// addCredential returns the credential that the event tried, nil for none.
func (v *derivation) addCredential(e event.Event, src string, at time.Time, place int64) *pid.ID {
	digest := credentialOf(e)
	if digest == nil {
		return nil
	}
	c := v.credentials[string(digest)]
	if c == nil {
		kind, _ := e.Get(event.SecretKind)
		principal, _ := e.Get(event.Principal)
		secret, _ := e.Get(event.Secret)
		c = &ent.Credential{ID: pid.New(pid.Credential), Digest: digest, Service: e.Service, SecretBytes: []byte(secret), FirstSeenAt: at, LastSeenAt: at}
		c.Kind, _ = event.Printable(kind, event.MaxValue)
		c.Principal, _ = event.Printable(principal, event.MaxValue)
		c.Secret, _ = event.Printable(secret, event.MaxValue)
		v.credentials[string(digest)] = c
	}
	c.FirstSeenAt, c.LastSeenAt = earlier(c.FirstSeenAt, at), later(c.LastSeenAt, at)
	c.Attempts++
	if outcome, _ := e.Get(event.Outcome); outcome == event.Accepted {
		c.Accepted++
	}
	c.LastSourceIP, c.LastDeckyName, c.LastNumber = src, v.decky.Name, place
	return &c.ID
}

// credentialOf is what makes the credential of an attempt the same as another; nil for an event that is no attempt or has no secret.
func credentialOf(e event.Event) []byte {
	secret, ok := e.Get(event.Secret)
	if !ok || e.Type != event.AuthAttempt {
		return nil
	}
	kind, _ := e.Get(event.SecretKind)
	principal, _ := e.Get(event.Principal)
	h := sha256.New()
	for _, part := range []string{e.Service, kind, principal, secret} {
		// With its length before it, no part can pass for the beginning of the next.
		_ = binary.Write(h, binary.BigEndian, uint64(len(part)))
		_, _ = h.Write([]byte(part))
	}
	return h.Sum(nil)
}

// save writes what has changed, a statement a table: a row that is there takes the new values, but for what never changes of it.
func (v *derivation) save(ctx context.Context, tx *store.Tx) error {
	if err := v.saveSessions(ctx, tx); err != nil {
		return fmt.Errorf("write the sessions: %w", err)
	}
	if err := v.saveAttackers(ctx, tx); err != nil {
		return fmt.Errorf("write the attackers: %w", err)
	}
	if err := v.saveCredentials(ctx, tx); err != nil {
		return fmt.Errorf("write the credentials: %w", err)
	}
	return nil
}

func (v *derivation) saveSessions(ctx context.Context, tx *store.Tx) error {
	rows := make([]*ent.SessionCreate, 0, len(v.sessions))
	for _, s := range v.sessions {
		rows = append(rows, tx.Session.Create().SetID(s.ID).SetKey(s.Key).SetNillableDeckyID(v.edge).SetDeckyRef(v.decky.ID).
			SetDeckyName(v.decky.Name).SetDeploymentName(v.decky.Edges.Deployment.Name).
			SetService(s.Service).SetSourceIP(s.SourceIP).SetSourcePort(s.SourcePort).SetDestPort(s.DestPort).
			SetStartedAt(s.StartedAt).SetLastAt(s.LastAt).SetNillableEndedAt(s.EndedAt).SetNillablePrincipal(s.Principal).SetAuthenticated(s.Authenticated).
			SetInteractions(s.Interactions).SetAttempts(s.Attempts).SetCommands(s.Commands).SetDownloads(s.Downloads).SetRecorded(s.Recorded).SetLastNumber(s.LastNumber))
	}
	if len(rows) == 0 {
		return nil
	}
	return tx.Session.CreateBulk(rows...).OnConflictColumns(session.FieldDeckyRef, session.FieldKey).UpdateNewValues().Exec(ctx)
}

func (v *derivation) saveAttackers(ctx context.Context, tx *store.Tx) error {
	if len(v.attackers) == 0 {
		return nil
	}
	rows := make([]*ent.AttackerCreate, 0, len(v.attackers))
	for _, a := range v.attackers {
		rows = append(rows, tx.Attacker.Create().SetID(a.ID).SetAddress(a.Address).SetFirstSeenAt(a.FirstSeenAt).SetLastSeenAt(a.LastSeenAt).
			SetInteractions(a.Interactions).SetSessions(a.Sessions).SetAttempts(a.Attempts).SetCommands(a.Commands).
			SetDeckies(a.Deckies).SetServices(a.Services).SetLastNumber(a.LastNumber))
	}
	if err := tx.Attacker.CreateBulk(rows...).OnConflictColumns(attacker.FieldAddress).UpdateNewValues().Exec(ctx); err != nil {
		return err
	}
	touches := make([]*ent.TouchCreate, 0, len(v.touches))
	for _, t := range v.touches {
		touches = append(touches, tx.Touch.Create().SetID(t.ID).SetAttackerID(t.AttackerID).SetDeckyRef(v.decky.ID).
			SetDeckyName(v.decky.Name).SetDeploymentName(v.decky.Edges.Deployment.Name).SetService(t.Service).
			SetInteractions(t.Interactions).SetFirstSeenAt(t.FirstSeenAt).SetLastSeenAt(t.LastSeenAt))
	}
	if len(touches) == 0 {
		return nil
	}
	return tx.Touch.CreateBulk(touches...).OnConflictColumns(touch.FieldAttackerID, touch.FieldDeckyRef, touch.FieldService).UpdateNewValues().Exec(ctx)
}

func (v *derivation) saveCredentials(ctx context.Context, tx *store.Tx) error {
	if len(v.credentials) == 0 {
		return nil
	}
	rows := make([]*ent.CredentialCreate, 0, len(v.credentials))
	for _, c := range v.credentials {
		rows = append(rows, tx.Credential.Create().SetID(c.ID).SetDigest(c.Digest).SetService(c.Service).SetKind(c.Kind).
			SetPrincipal(c.Principal).SetSecret(c.Secret).SetSecretBytes(c.SecretBytes).SetAttempts(c.Attempts).SetAccepted(c.Accepted).
			SetFirstSeenAt(c.FirstSeenAt).SetLastSeenAt(c.LastSeenAt).SetLastSourceIP(c.LastSourceIP).SetLastDeckyName(c.LastDeckyName).SetLastNumber(c.LastNumber))
	}
	return tx.Credential.CreateBulk(rows...).OnConflictColumns(credential.FieldDigest).UpdateNewValues().Exec(ctx)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
