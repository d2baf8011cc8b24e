package fleet_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine/sim"
	"decnet/ent"
	"decnet/ent/decky"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/ent/schema/schematype"
	"decnet/fleet"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
	"decnet/store/storetest"
)

func refused(t *testing.T, err error) *fleet.Error {
	t.Helper()
	var e *fleet.Error
	require.ErrorAs(t, err, &e, "%v", err)
	return e
}

func names(deckies []*ent.Decky) (out []string) {
	for _, d := range deckies {
		out = append(out, d.Name)
	}
	slices.Sort(out)
	return out
}

//go:fix inline
func TestThePlanIsTheDeploy(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world.On(t, s, sim.New(sim.Options{}))
		in := fleet.DeployInput{Deployment: "default", Mode: fleet.Add, Deckies: []*fleet.DeckySpec{
			{Name: "web", Count: 3, Archetype: new("web-server")}, {Name: "any", Count: 1},
		}}
		in.DryRun = true
		plan, err := w.Fleet.Deploy(t.Context(), "tester", in)
		require.NoError(t, err)
		require.Empty(t, plan.Lifecycles)
		n, err := s.Read.Decky.Query().Count(t.Context())
		require.NoError(t, err)
		require.Zero(t, n, "a dry run writes nothing")

		in.DryRun = false
		done, err := w.Fleet.Deploy(t.Context(), "tester", in)
		require.NoError(t, err)
		require.Len(t, done.Planned, 4)
		for i, d := range done.Planned {
			p := plan.Planned[i]
			require.Equal(t, []any{p.Name, p.IP, *p.MAC, p.Hostname, p.Services, p.Os, p.Distro}, []any{d.Name, d.IP, *d.MAC, d.Hostname, d.Services, d.Os, d.Distro})
			require.NotEqual(t, done.Planned[(i+1)%4].Seed, d.Seed)
		}
	})
}

func TestAddressesAreNeverTheNetworksOrTaken(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	subnet := "192.168.50.0/29" // six hosts, one of them the gateway
	in := fleet.DeployInput{Deployment: "small", Mode: fleet.Add,
		Network: &fleet.NetworkInput{Driver: "BRIDGE", Subnet: &subnet},
		Deckies: []*fleet.DeckySpec{{Name: "a", Count: 4, Services: []string{"ssh"}}, {Name: "b", Count: 1, Services: []string{"ssh"}, IP: new("192.168.50.2")}}}
	done, err := w.Fleet.Deploy(t.Context(), "tester", in)
	require.NoError(t, err)
	var ips []string
	for _, d := range done.Planned {
		ips = append(ips, d.IP)
		require.True(t, netip.MustParsePrefix(subnet).Contains(netip.MustParseAddr(d.IP)))
	}
	slices.Sort(ips)
	require.Equal(t, []string{"192.168.50.2", "192.168.50.3", "192.168.50.4", "192.168.50.5", "192.168.50.6"}, ips)
	_, err = w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "small", Mode: fleet.Add, Deckies: []*fleet.DeckySpec{{Name: "c", Count: 1, Services: []string{"ssh"}}}})
	require.Equal(t, fleet.LimitExceeded, refused(t, err).Code)
	overlap := "192.168.50.0/24"
	_, err = w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "other", Mode: fleet.Add,
		Network: &fleet.NetworkInput{Driver: "BRIDGE", Subnet: &overlap}, Deckies: []*fleet.DeckySpec{{Name: "c", Count: 1, Services: []string{"ssh"}}}})
	require.Contains(t, refused(t, err).Message, "small")
}

func TestReplaceTouchesOnlyWhatItNames(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("keep", "change", "drop")...)
	keep := w.Decky("keep")
	done, err := w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "default", Mode: fleet.Replace, Deckies: []*fleet.DeckySpec{
		{Name: "keep", Count: 1, Services: []string{"ssh"}}, {Name: "change", Count: 1, Services: []string{"http"}}, {Name: "new", Count: 1, Services: []string{"ssh"}},
	}})
	require.NoError(t, err)
	require.Equal(t, []string{"drop"}, done.Removed)
	require.Equal(t, []string{"change", "keep", "new"}, names(done.Planned))
	require.Len(t, done.Lifecycles, 3, "change, new and drop; not keep")
	w.Follow(nil, done.Lifecycles...)
	require.Equal(t, keep.Change, w.Decky("keep").Change)
	require.Equal(t, []string{"http"}, w.Decky("change").ObservedServices)
	require.Nil(t, w.Decky("drop"))

	again, err := w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "default", Mode: fleet.Replace, Deckies: []*fleet.DeckySpec{
		{Name: "keep", Count: 1}, {Name: "change", Count: 1}, {Name: "new", Count: 1},
	}})
	require.NoError(t, err)
	require.Empty(t, again.Lifecycles, "the same fleet again is nothing to do")
}

func TestPicks(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	_, err := w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "default", Mode: fleet.Add, Deckies: []*fleet.DeckySpec{
		{Name: "a", Count: 1, Archetype: new("linux-server")}, {Name: "dead", Count: 1, Archetype: new("deaddeck")},
	}})
	require.NoError(t, err)
	seed := 42
	preview := func() []string {
		m, err := w.Fleet.Mutate(t.Context(), fleet.Operator("tester"), fleet.MutateInput{Deployment: "default", Name: "a", Seed: &seed, DryRun: true})
		require.NoError(t, err)
		require.Nil(t, m.Lifecycle)
		return m.Decky.Services
	}
	once := preview()
	require.Equal(t, once, preview(), "a seed repeats a pick")
	last := [][]string{w.Decky("a").Services}
	for range 20 {
		w.Mutate("a")
		now := w.Decky("a").Services
		for _, old := range last[max(0, len(last)-3):] {
			require.NotEqual(t, old, now, "neither the present set nor one of the last few")
		}
		last = append(last, now)
	}
	_, err = w.Fleet.Mutate(t.Context(), fleet.Operator("tester"), fleet.MutateInput{Deployment: "default", Name: "dead"})
	require.Equal(t, fleet.NoServicesAvailable, refused(t, err).Code)
}

func TestAnIntervalReallyCanBeTurnedOff(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	w.Deploy("a", "b")
	hour := time.Hour
	_, changed, err := w.Fleet.SetMutateInterval(t.Context(), fleet.IntervalInput{Deployment: "default", Interval: &hour})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, names(changed))
	require.NotNil(t, w.Decky("a").NextMutationAt)
	require.NotEqual(t, w.Decky("a").NextMutationAt, w.Decky("b").NextMutationAt, "deckies deployed together do not move together")

	_, _, err = w.Fleet.SetMutateInterval(t.Context(), fleet.IntervalInput{Deployment: "default", Name: new("a")})
	require.NoError(t, err)
	require.Nil(t, w.Decky("a").NextMutationAt, "off is off, whatever the deployment says")
	require.NotNil(t, w.Decky("b").NextMutationAt)
	w.Mutate("a", "http")
	require.Nil(t, w.Decky("a").NextMutationAt)
}

func TestATeardownTakesThePlaceOfWhatWaits(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	deploy := w.Deploy("a")
	mutate := w.Mutate("a", "http")
	down, err := w.Fleet.Teardown(t.Context(), "tester", fleet.TeardownInput{Deployment: "default", Names: []string{"a"}})
	require.NoError(t, err)
	again, err := w.Fleet.Teardown(t.Context(), "tester", fleet.TeardownInput{Deployment: "default"})
	require.NoError(t, err)
	require.Equal(t, down[0].ID, again[0].ID, "a teardown under way is the answer")
	require.Equal(t, decky.StateRemoving, w.Decky("a").State)
	_, err = w.Fleet.Mutate(t.Context(), fleet.Operator("tester"), fleet.MutateInput{Deployment: "default", Name: "a"})
	require.Equal(t, fleet.Conflict, refused(t, err).Code)
	for _, lc := range []*ent.Lifecycle{deploy[0], mutate} {
		row, err := w.Store.Read.Lifecycle.Get(t.Context(), lc.ID)
		require.NoError(t, err)
		require.Equal(t, entlifecycle.StatusSuperseded, row.Status)
		require.Equal(t, down[0].ID, *row.SupersededBy)
	}
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, down...)
	require.Nil(t, w.Decky("a"))
}

// certificate is one whose private key nobody has.
const certificate = `-----BEGIN CERTIFICATE-----
MIIBijCCAS+gAwIBAgIUMaVL4+g5oycSvMtNB2hgZfOlGRMwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPd3d3LmV4YW1wbGUub3JnMB4XDTI2MTEyMzIyMDA0M1oXDTM2
MTEyMDIyMDA0M1owGjEYMBYGA1UEAwwPd3d3LmV4YW1wbGUub3JnMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEqg0gb2LBNT0pO6GXhafSQsmO7KWatEqj5ge1VfVO
So483thqmOzrCXjj7xja/6OILL1/01/Ywwo/E2sP8M899aNTMFEwHQYDVR0OBBYE
FBivh/9XPTrEs/MN7bM4K67Ax1MAMB8GA1UdIwQYMBaAFBivh/9XPTrEs/MN7bM4
K67Ax1MAMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAJhPaf+j
HsC1fB03WgNgUE1OvnTpO3h8rF81Mu3HdBh6AiEAnRB1kiwdQvCwhStbQeKHH+8q
+6ux58lUMj3vkEgc3Og=
-----END CERTIFICATE-----
`

func TestSettingsAreCheckedAndKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world.On(t, s, sim.New(sim.Options{}))
		w.Run(lifecycle.RunnerOptions{})
		deploy := func(mode fleet.DeployMode, settings ...*fleet.SettingInput) (*fleet.Deployed, error) {
			return w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "default", Mode: mode, Deckies: []*fleet.DeckySpec{
				{Name: "a", Count: 1, Services: []string{"ssh"}, Settings: settings},
			}})
		}
		for _, bad := range []struct {
			setting *fleet.SettingInput
			path    any
			says    string
		}{
			{&fleet.SettingInput{Service: "shh", Key: "password", Value: "x"}, "service", "did you mean"},
			{&fleet.SettingInput{Service: "ssh", Key: "passwd", Value: "x"}, "key", "it has password"},
			{&fleet.SettingInput{Service: "redis", Key: "version", Value: "7"}, "value", "does not match"},
			{&fleet.SettingInput{Service: "http", Key: "http_versions", Value: "1.1,3"}, "value", "http_versions of http can't have 3: HTTP/3 is never spoken without TLS"},
			{&fleet.SettingInput{Service: "https", Key: "tls_cert", Value: certificate}, "value", "tls_cert of https needs tls_key"},
			{&fleet.SettingInput{Service: "smtp_relay", Key: "upstream_host", Value: "mx.example.org"}, "key", "upstream_host of smtp_relay is refused: a decoy connects to no other host"},
		} {
			_, err := deploy(fleet.Add, bad.setting)
			e := refused(t, err)
			require.Equal(t, []any{"input", "deckies", 0, "settings", 0, bad.path}, e.Path)
			require.Contains(t, e.Message, bad.says)
		}
		password := &fleet.SettingInput{Service: "ssh", Key: "password", Value: "toor"}
		_, err := deploy(fleet.Add, password, password)
		require.Contains(t, refused(t, err).Message, "twice")

		done, err := deploy(fleet.Add, password, &fleet.SettingInput{Service: "mysql", Key: "version", Value: "8.0.36"})
		require.NoError(t, err)
		w.Follow(nil, done.Lifecycles...)
		want := schematype.Settings{"ssh": {"password": "toor"}, "mysql": {"version": "8.0.36"}}
		require.Equal(t, want, w.Decky("a").Settings)
		w.Follow(nil, w.Mutate("a"))
		d := w.Decky("a")
		require.Equal(t, want, d.Settings, "a mutation leaves them")
		d.Edges.Deployment = s.Read.Deployment.Query().OnlyX(t.Context())
		require.EqualValues(t, want, lifecycle.Spec(d, d.Services, d.Generation).Settings, "the engine gets them")

		same, err := deploy(fleet.Replace)
		require.NoError(t, err)
		w.Follow(nil, same.Lifecycles...) // its services are ssh again
		require.Equal(t, want, w.Decky("a").Settings, "nothing was said of them")
		changed, err := deploy(fleet.Replace, []*fleet.SettingInput{}...)
		require.NoError(t, err)
		require.Len(t, changed.Lifecycles, 1, "an empty list chooses nothing")
		w.Follow(nil, changed.Lifecycles...)
		require.Empty(t, w.Decky("a").Settings)
		changed, err = deploy(fleet.Replace, &fleet.SettingInput{Service: "ssh", Key: "password", Value: "other"})
		require.NoError(t, err)
		require.Len(t, changed.Lifecycles, 1, "another setting is work for the engine")
		w.Follow(nil, changed.Lifecycles...)
		require.Equal(t, "other", w.Decky("a").Settings["ssh"]["password"])
	})
}
