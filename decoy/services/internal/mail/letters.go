package mail

import (
	"fmt"
	"math/rand/v2"

	"decnet/decoy/services/internal/bait"
)

type letter struct{ subject, text string }

// lettersOf are what colleagues write about the decky's application, with credentials that open its other decoys.
func lettersOf(app *bait.App, r *rand.Rand) []letter {
	who := func() string { return called(app.People[r.IntN(len(app.People))]) }
	setting := func(name string) string {
		for _, row := range app.Table("settings").Rows {
			if row[0] == name {
				return row[1]
			}
		}
		return ""
	}
	all := []letter{
		{"Access to the " + app.Name + " database", fmt.Sprintf("Hi,\n\nas discussed, here is the account of the application:\n\n  database: %s\n  user: %[1]s\n  password: %s\n\nPlease do not share it.\n\n%s\n", app.Name, app.Secret, who())},
		{"Mail account for notifications", fmt.Sprintf("Hello,\n\n%s sends its notifications with this account now:\n\n  %s\n  %s\n\nThe old one will be closed at the end of the month.\n\nRegards\n%s\n",
			app.Name, setting("smtp_user"), setting("smtp_password"), who())},
		{"Backup report: OK", fmt.Sprintf("Job: %s-full\nTarget: %s\nFiles: %d\nSize: %d MB\nErrors: 0\n", app.Name, setting("backup_path"), 2000+r.IntN(9000), 300+r.IntN(9000))},
		{"Invoice " + fmt.Sprint(20000+r.IntN(70000)), fmt.Sprintf("Good morning,\n\nthe invoice for %s is in the portal. It is due within 30 days.\n\nKind regards\n%s\n", products[r.IntN(len(products))], who())},
		{"Maintenance on Saturday", fmt.Sprintf("All,\n\n%s will not be available on Saturday from 06:00 to 08:00.\n\n%s\n", setting("site_url"), who())},
		{"VPN for the new colleague", fmt.Sprintf("Hi,\n\ncould you set up the VPN for %s? Same groups as mine, please.\n\nThanks\n%s\n", who(), who())},
		{"Re: API token", fmt.Sprintf("Here it is, valid for a year:\n\n%s\n\n%s\n", token(app), who())},
		{"Backup report: WARNING", fmt.Sprintf("Job: %s-full\nTarget: %s\nFiles: %d\nErrors: %d\nThe log is in /var/log/backup.\n", app.Name, setting("backup_path"), 2000+r.IntN(9000), 1+r.IntN(9))},
		{"Password policy", "Dear all,\n\nfrom next month passwords need 12 characters. Please change yours before the 15th.\n\nIT\n"},
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:5+r.IntN(len(all)-4)]
}

var products = []string{"the annual plan", "support hours", "storage", "the training day"}

func token(app *bait.App) string {
	if rows := app.Table("api_keys").Rows; len(rows) > 0 {
		return rows[0][2]
	}
	return app.Secret
}
