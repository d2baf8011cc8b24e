package shell

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// strftime writes a time as the format says.
func strftime(format string, t time.Time) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		plain := false
		for i+1 < len(format) && strings.IndexByte("-_0^", format[i]) >= 0 {
			plain = plain || format[i] == '-'
			i++
		}
		digits := i
		for i+1 < len(format) && format[i] >= '0' && format[i] <= '9' {
			i++
		}
		width, _ := strconv.Atoi(format[digits:i])
		var text string
		switch format[i] {
		case 's':
			text = strconv.FormatInt(t.Unix(), 10)
		case 'N':
			text = fmt.Sprintf("%09d", t.Nanosecond())
			if width > 0 && width < 9 {
				text = text[:width]
			}
		case 'F':
			text = t.Format(time.DateOnly)
		case 'T', 'X':
			text = t.Format(time.TimeOnly)
		case 'D', 'x':
			text = t.Format("01/02/06")
		case 'R':
			text = t.Format("15:04")
		case 'r':
			text = t.Format("03:04:05 PM")
		case 'c':
			text = t.Format("Mon Jan _2 15:04:05 2006")
		case 'Y':
			text = t.Format("2006")
		case 'y':
			text = t.Format("06")
		case 'C':
			text = fmt.Sprintf("%02d", t.Year()/100)
		case 'm':
			text = t.Format("01")
		case 'd':
			text = t.Format("02")
		case 'e':
			text = t.Format("_2")
		case 'H':
			text = t.Format("15")
		case 'k':
			text = fmt.Sprintf("%2d", t.Hour())
		case 'I':
			text = t.Format("03")
		case 'l':
			text = fmt.Sprintf("%2d", (t.Hour()+11)%12+1)
		case 'M':
			text = t.Format("04")
		case 'S':
			text = t.Format("05")
		case 'p':
			text = t.Format("PM")
		case 'P':
			text = strings.ToLower(t.Format("PM"))
		case 'a':
			text = t.Format("Mon")
		case 'A':
			text = t.Format("Monday")
		case 'b', 'h':
			text = t.Format("Jan")
		case 'B':
			text = t.Format("January")
		case 'j':
			text = fmt.Sprintf("%03d", t.YearDay())
		case 'u':
			text = strconv.Itoa((int(t.Weekday())+6)%7 + 1)
		case 'w':
			text = strconv.Itoa(int(t.Weekday()))
		case 'V':
			_, week := t.ISOWeek()
			text = fmt.Sprintf("%02d", week)
		case 'G':
			year, _ := t.ISOWeek()
			text = strconv.Itoa(year)
		case 'z':
			text = "+0000"
		case 'Z':
			text = "UTC"
		case 'n':
			text = "\n"
		case 't':
			text = "\t"
		case '%':
			text = "%"
		default:
			text = "%" + format[i:i+1]
		}
		if plain {
			text = strings.TrimLeft(text[:len(text)-1], "0 ") + text[len(text)-1:]
		}
		b.WriteString(text)
	}
	return b.String()
}

// units are the words of a span of time.
var units = map[string]time.Duration{"sec": time.Second, "second": time.Second, "min": time.Minute, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour, "fortnight": 14 * 24 * time.Hour}

// moment reads a time as date -d does: a stamp, a date, or a distance from now.
func moment(text string, now time.Time) (time.Time, bool) {
	text = strings.TrimSpace(strings.ToLower(text))
	if stamp, ok := strings.CutPrefix(text, "@"); ok {
		n, err := strconv.ParseFloat(stamp, 64)
		if err != nil || n > 1e11 || n < -1e11 {
			return now, false
		}
		return time.Unix(int64(n), 0).UTC(), true
	}
	for _, layout := range []string{time.DateTime, time.DateOnly, "2006-01-02 15:04", "2006-01-02t15:04:05", "2006-01-02t15:04:05z", "20060102", "20060102 15:04:05", "2006/01/02", "01/02/2006", "jan 2 2006", "jan 2 2006 15:04:05", "2 jan 2006", "2 jan 2006 15:04:05", "mon jan _2 15:04:05 utc 2006", "mon jan 2 15:04:05 2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	if t, err := time.Parse("15:04:05", text); err == nil {
		return now.Truncate(24 * time.Hour).Add(t.Sub(t.Truncate(24 * time.Hour))), true
	}
	if t, err := time.Parse("15:04", text); err == nil {
		return now.Truncate(24 * time.Hour).Add(t.Sub(t.Truncate(24 * time.Hour))), true
	}
	at, number, words := now, 1, strings.Fields(text)
	if len(words) > 1 {
		for _, n := range []int{2, 1} { // a date, and a distance from it
			rest := words[min(n, len(words)):]
			if t, err := time.Parse([]string{time.DateOnly, time.DateTime}[n-1], strings.Join(words[:n], " ")); err == nil && len(rest) > 0 {
				at, words = t, rest
				break
			}
		}
	}
	for i, word := range words {
		unit := strings.TrimSuffix(word, "s")
		back := i+1 < len(words) && words[i+1] == "ago"
		switch n, err := strconv.Atoi(word); {
		case err == nil && n < 100000 && n > -100000:
			number = n
			continue
		case word == "now", word == "today", word == "ago", word == "utc":
		case word == "yesterday":
			at = at.AddDate(0, 0, -1)
		case word == "tomorrow":
			at = at.AddDate(0, 0, 1)
		case word == "next":
			number = 1
			continue
		case word == "last":
			number = -1
			continue
		case unit == "month" || unit == "year":
			if back {
				number = -number
			}
			if unit == "month" {
				at = at.AddDate(0, number, 0)
			} else {
				at = at.AddDate(number, 0, 0)
			}
		case units[unit] != 0:
			if back {
				number = -number
			}
			at = at.Add(time.Duration(number) * units[unit])
		default:
			return now, false
		}
		number = 1
	}
	return at, len(words) > 0
}

func date(c *call) int {
	at, format, setting := c.sys.host.Now(), "%a %b %e %H:%M:%S UTC %Y", ""
	if language := cmp.Or(c.vars["LC_ALL"].String(), c.vars["LANG"].String()); !c.sys.BusyBox && strings.HasPrefix(language, "en_US") {
		format = "%a %b %e %r UTC %Y"
	}
	for i := 1; i < len(c.args); i++ {
		a := c.args[i]
		var value string
		given := false
		for _, prefix := range []string{"--date=", "-d", "--set=", "-s", "--date", "--set", "-r", "--reference="} {
			if rest, ok := strings.CutPrefix(a, prefix); ok && !given {
				value, given = rest, true
				if rest == "" && i+1 < len(c.args) {
					i++
					value = c.args[i]
				}
				if prefix == "-s" || strings.HasPrefix(prefix, "--set") {
					setting = value
				}
				if prefix == "-r" || prefix == "--reference=" {
					n, err := c.fs.lookup(c.abs(value), true)
					if err != nil {
						return c.fail(1, "%s: %s", value, problem(err))
					}
					at = n.mtime.UTC()
					continue
				}
				t, ok := moment(value, at)
				if !ok {
					return c.fail(1, "invalid date %s", c.quoted(value))
				}
				at = t
			}
		}
		switch {
		case given:
		case strings.HasPrefix(a, "+"):
			format = a[1:]
		case a == "-R" || a == "--rfc-email":
			format = "%a, %d %b %Y %H:%M:%S +0000"
		case a == "-I" || a == "-Idate":
			format = "%F"
		case a == "-Iseconds":
			format = "%FT%T+00:00"
		case strings.HasPrefix(a, "--rfc-3339"):
			format = "%F %T+00:00"
		case a == "-u" || a == "--utc" || a == "--universal":
		case strings.HasPrefix(a, "-"):
			return c.fail(1, "invalid option -- '%s'%s", strings.TrimLeft(a, "-"), c.tryHelp())
		default:
			return c.fail(1, "invalid date %s", c.quoted(a))
		}
	}
	text := strftime(format, at)
	if setting != "" && c.user.uid != 0 {
		fmt.Fprintf(c.err, "%s: cannot set date: Operation not permitted\n", c.args[0])
		c.printf("%s\n", text)
		return 1
	}
	c.printf("%s\n", text)
	return 0
}
