package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"decnet/client"
	"decnet/cmd/decnet/internal/replay"
	"decnet/cmd/decnet/internal/show"
)

// moment is how a table shows a time.
const moment = "2006-01-02 15:04:05"

// limitFlag adds the flag of how much is listed.
func limitFlag(c *cobra.Command, most *int) {
	c.Flags().IntVar(most, "limit", 50, "how many, at most 100")
}

func checkLimit(most int) error {
	if most < 1 || most > 100 {
		return usagef("--limit is 1 to 100, not %d", most)
	}
	return nil
}

func (a *app) sessionsCommand() *cobra.Command {
	var q client.SessionQuery
	var most int
	c := &cobra.Command{
		Use: "sessions", Short: "List the conversations that intruders had, newest last",
		Example: "  decnet sessions --recorded\n  decnet sessions --from 203.0.113.7 --service ssh\n  decnet replay ses_06h0f…",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkLimit(most); err != nil {
				return err
			}
			list, err := a.client.LastSessions(c.Context(), q, most)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				if err := a.known(c.Context(), q.Deployment, q.Decky); err != nil || a.json {
					return err
				}
				a.nothing(c, "Nobody has touched a decky yet.")
				return nil
			}
			t := show.NewTable(a.color, "SESSION", "BEGAN", "LASTED", "DECKY", "FROM", "SERVICE", "LOGIN", "EVENTS", "COMMANDS", "RECORDED")
			return listing(a, list, t, func(s *client.Session) {
				lasted := "open"
				if s.EndedAt != nil {
					lasted = short(s.EndedAt.Sub(s.StartedAt))
				}
				login := value(s.Principal)
				if s.Authenticated {
					login += " (let in)"
				}
				t.Row(s.Id, s.StartedAt.Local().Format(moment), lasted, s.DeckyName, show.Cell{Text: s.SourceIP, Color: show.Yellow}, s.Service, login, s.Interactions, s.Commands, yes(s.Recorded))
			})
		},
	}
	f := c.Flags()
	f.StringVarP(&q.Deployment, "deployment", "d", "", "only this deployment's")
	f.StringVar(&q.Decky, "decky", "", "only this decky's")
	f.StringVar(&q.Service, "service", "", "only this service's")
	f.StringVar(&q.Source, "from", "", "only those from this address")
	f.StringVar(&q.Search, "search", "", "only those with this text in them")
	f.BoolVar(&q.Recorded, "recorded", false, "only those that can be replayed")
	limitFlag(c, &most)
	return c
}

func (a *app) credentialsCommand() *cobra.Command {
	var search, service, by string
	var most int
	orders := map[string]client.CredentialOrderField{
		"attempts": client.CredentialOrderFieldAttempts, "last": client.CredentialOrderFieldLastSeenAt, "first": client.CredentialOrderFieldFirstSeenAt,
	}
	c := &cobra.Command{
		Use: "credentials", Aliases: []string{"creds"}, Short: "List the names and secrets that intruders tried, the most tried first",
		Long:    "List the names and secrets that intruders tried, each once, the most tried first. Viewers see that there was a secret, and operators see it. --json has all its bytes, in base64.",
		Example: "  decnet credentials --service ssh\n  decnet credentials --by last --search root",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			order, ok := orders[by]
			if !ok {
				return usagef("--by is attempts, last or first, not %q", by)
			}
			if err := checkLimit(most); err != nil {
				return err
			}
			list, err := a.client.Credentials(c.Context(), search, service, order, most)
			if err != nil {
				return err
			}
			if len(list) == 0 && !a.json {
				a.nothing(c, "Nobody has tried to log in yet.")
				return nil
			}
			t := show.NewTable(a.color, "SERVICE", "PRINCIPAL", "SECRET", "KIND", "TRIED", "LET IN", "LAST", "FROM")
			return listing(a, list, t, func(k *client.Credential) {
				t.Row(k.Service, k.Principal, k.Secret, k.Kind, k.Attempts, k.Accepted, k.LastSeenAt.Local().Format(moment), show.Cell{Text: k.LastSourceIP, Color: show.Yellow})
			})
		},
	}
	c.Flags().StringVar(&search, "search", "", "only those with this text in them")
	c.Flags().StringVar(&service, "service", "", "only this service's")
	c.Flags().StringVar(&by, "by", "attempts", "what comes first: the most attempts, or the last or the first seen (attempts, last, first)")
	completeWords(c, "by", "attempts", "last", "first")
	limitFlag(c, &most)
	return c
}

func (a *app) attackersCommand() *cobra.Command {
	var search, by string
	var most int
	orders := map[string]client.AttackerOrderField{
		"last": client.AttackerOrderFieldLastSeenAt, "first": client.AttackerOrderFieldFirstSeenAt, "interactions": client.AttackerOrderFieldInteractions, "attempts": client.AttackerOrderFieldAttempts,
	}
	c := &cobra.Command{
		Use: "attackers", Short: "List the addresses from which deckies were touched, the last seen first",
		Example: "  decnet attackers --by interactions\n  decnet attackers --search ssh",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			order, ok := orders[by]
			if !ok {
				return usagef("--by is last, first, interactions or attempts, not %q", by)
			}
			if err := checkLimit(most); err != nil {
				return err
			}
			list, err := a.client.Attackers(c.Context(), search, order, most)
			if err != nil {
				return err
			}
			if len(list) == 0 && !a.json {
				a.nothing(c, "Nobody has touched a decky yet.")
				return nil
			}
			t := show.NewTable(a.color, "ADDRESS", "FIRST", "LAST", "EVENTS", "SESSIONS", "LOGINS", "COMMANDS", "DECKIES", "SERVICES", "KNOWN AS")
			return listing(a, list, t, func(k *client.Attacker) {
				known := ""
				if k.Known != nil {
					known = k.Known.Note
				}
				t.Row(show.Cell{Text: k.Address, Color: show.Yellow}, k.FirstSeenAt.Local().Format(moment), k.LastSeenAt.Local().Format(moment),
					k.Interactions, k.Sessions, k.Attempts, k.Commands, k.Deckies, strings.Join(k.Services, ","), known)
			})
		},
	}
	c.Flags().StringVar(&search, "search", "", "only those with this text in their address, or that touched the service of this name")
	c.Flags().StringVar(&by, "by", "last", "what comes first: the last or the first seen, the most interactions, the most attempts to log in (last, first, interactions, attempts)")
	completeWords(c, "by", "last", "first", "interactions", "attempts")
	limitFlag(c, &most)
	return c
}

func (a *app) replayCommand() *cobra.Command {
	var o replay.Options
	var raw bool
	c := &cobra.Command{
		Use: "replay SESSION", Short: "Play what an intruder's terminal showed",
		Long: `Play what the terminal of a session showed (see "decnet sessions --recorded"; the key that the web app and "decnet interactions --json" show does too), as fast as it happened or faster.

What an intruder's terminal showed is in part what the intruder wanted it to show. It is filtered: it may draw, and gives your terminal no orders. --raw writes the
recording itself, an asciicast (version 2), unfiltered, for asciinema and other players.`,
		Example: "  decnet replay ses_06h0f… --speed 4 --idle-limit 2s\n  decnet replay ses_06h0f… --raw > session.cast",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.Speed < 0 || o.IdleLimit < 0 {
				return usagef("--speed and --idle-limit are not negative")
			}
			cast, err := a.client.Recording(c.Context(), args[0])
			if err != nil {
				return err
			}
			if raw {
				_, err := a.out.Write([]byte(cast))
				return err
			}
			return replay.Play(c.Context(), a.out, cast, o)
		},
	}
	c.Flags().Float64Var(&o.Speed, "speed", 1, "how many times faster than it happened; 0 is all at once")
	c.Flags().DurationVar(&o.IdleLimit, "idle-limit", 3*time.Second, "the longest that nothing happens; 0 is no limit")
	c.Flags().BoolVar(&raw, "raw", false, "write the asciicast itself")
	return c
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "-"
}
