package imap

import (
	"fmt"
	"strings"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/mail"
)

// commands are those of who has logged in.
var commands map[string]func(*client, command) bool

func init() {
	commands = map[string]func(*client, command) bool{
		"SELECT": (*client).choose, "EXAMINE": (*client).choose, "STATUS": (*client).status,
		"LIST": (*client).list, "LSUB": (*client).list, "XLIST": (*client).list, "NAMESPACE": (*client).namespace, "ENABLE": (*client).enable,
		"CREATE": (*client).create, "DELETE": (*client).remove, "RENAME": (*client).remove, "SUBSCRIBE": (*client).subscribe, "UNSUBSCRIBE": (*client).subscribe,
		"APPEND": (*client).keep, "IDLE": (*client).idle,
		"CHECK": (*client).inFolder, "CLOSE": (*client).inFolder, "UNSELECT": (*client).inFolder, "EXPUNGE": (*client).inFolder, "FETCH": (*client).inFolder,
		"STORE": (*client).inFolder, "SEARCH": (*client).inFolder, "SORT": (*client).inFolder, "THREAD": (*client).inFolder, "COPY": (*client).inFolder, "MOVE": (*client).inFolder, "UID": (*client).inFolder,
	}
}

const flags = `\Answered \Flagged \Deleted \Seen \Draft`

func (c *client) missing(tag, name string) bool {
	return c.no(tag, c.word("Mailbox doesn't exist: "+name, name+" doesn't exist."))
}

// choose answers SELECT and EXAMINE.
func (c *client) choose(cmd command) bool {
	if c.folder != nil && !c.Product.Exchange {
		c.Say("* OK [CLOSED] Previous mailbox closed.")
	}
	c.folder = nil
	f := c.box.Folder(cmd.text(0))
	if f == nil {
		return c.missing(cmd.tag, cmd.text(0))
	}
	c.folder, c.readOnly = f, cmd.name == "EXAMINE"
	access, permanent := "READ-WRITE", "("+flags+` \*)] Flags permitted.`
	if c.readOnly {
		access, permanent = "READ-ONLY", "()] Read-only mailbox."
	}
	var unseen []string
	for i, m := range f.Messages {
		if !m.Seen {
			unseen = []string{fmt.Sprintf("* OK [UNSEEN %d] %s", i+1, c.word("First unseen.", "Is the first unseen message"))}
			break
		}
	}
	counts := []string{fmt.Sprintf("* %d EXISTS", len(f.Messages)), "* 0 RECENT"}
	var lines []string
	if c.Product.Exchange {
		const own = `\Seen \Answered \Flagged \Deleted \Draft $MDNSent`
		permanent = "(" + own + ")"
		if c.readOnly {
			permanent = "()"
		}
		lines = append(lines, counts...)
		lines = append(lines, "* FLAGS ("+own+")", "* OK [PERMANENTFLAGS "+permanent+"] Permanent flags")
		lines = append(lines, unseen...)
		lines = append(lines, fmt.Sprintf("* OK [UIDVALIDITY %d] UIDVALIDITY value", f.Validity), fmt.Sprintf("* OK [UIDNEXT %d] The next unique identifier value", f.Next),
			cmd.tag+" OK ["+access+"] "+cmd.name+" completed.")
		return c.Say(lines...) == nil
	}
	lines = append([]string{"* FLAGS (" + flags + ")", "* OK [PERMANENTFLAGS " + permanent}, counts...)
	lines = append(lines, unseen...)
	lines = append(lines, fmt.Sprintf("* OK [UIDVALIDITY %d] UIDs valid", f.Validity), fmt.Sprintf("* OK [UIDNEXT %d] Predicted next UID", f.Next),
		cmd.tag+" OK ["+access+"] "+capital(cmd.name)+" completed"+took()+".")
	return c.Say(lines...) == nil
}

// capital writes a command's name as Dovecot does in its answers.
func capital(name string) string { return name[:1] + strings.ToLower(name[1:]) }

func (c *client) status(cmd command) bool {
	f := c.box.Folder(cmd.text(0))
	if f == nil {
		return c.missing(cmd.tag, cmd.text(0))
	}
	if len(cmd.args) < 2 {
		return c.refuse(cmd.tag, cmd.name, "Missing arguments")
	}
	if !cmd.args[1].isList {
		return c.refuse(cmd.tag, cmd.name, "Status items must be a list")
	}
	unseen, size := 0, 0
	for _, m := range f.Messages {
		if !m.Seen {
			unseen++
		}
		size += len(m.Raw)
	}
	var items []string
	for _, item := range cmd.args[1].list {
		n := 0
		switch strings.ToUpper(item.text) {
		case "MESSAGES":
			n = len(f.Messages)
		case "RECENT":
		case "UIDNEXT":
			n = int(f.Next)
		case "UIDVALIDITY":
			n = int(f.Validity)
		case "UNSEEN":
			n = unseen
		case "SIZE":
			n = size
		default:
			return c.refuse(cmd.tag, cmd.name, "Invalid status item "+item.text)
		}
		items = append(items, fmt.Sprintf("%s %d", strings.ToUpper(item.text), n))
	}
	c.Say("* STATUS " + name(f.Name) + " (" + strings.Join(items, " ") + ")")
	if f == c.folder && !c.Product.Exchange {
		return c.done(cmd.tag, "[CLIENTBUG] Status on selected mailbox")
	}
	return c.done(cmd.tag, "Status")
}

// name writes a folder's name, in quotes where it needs them.
func name(s string) string {
	if strings.Contains(s, " ") {
		return `"` + s + `"`
	}
	return s
}

// list answers LIST and LSUB; a pattern's * and % match alike, since no folder is inside another.
func (c *client) list(cmd command) bool {
	if cmd.name == "XLIST" && !c.Product.Exchange { // which Dovecot knows by its newer name
		cmd.name = "LIST"
	}
	if len(cmd.args) < 2 {
		return c.refuse(cmd.tag, cmd.name, "Invalid reference")
	}
	divider := `"` + c.Product.Divider + `" `
	pattern := cmd.text(1)
	if pattern == "" && !cmd.args[1].isList {
		c.Say("* " + cmd.name + ` (\Noselect) ` + divider + `""`)
		return c.done(cmd.tag, capital(cmd.name))
	}
	for i := range c.box.Folders {
		f := c.box.Folders[(i+1)%len(c.box.Folders)] // Dovecot tells of INBOX last
		if !matches(pattern, f.Name) || cmd.name == "LSUB" && f.Name == "INBOX" && !c.Product.Exchange {
			continue
		}
		marks := `\HasNoChildren`
		if f.Use != "" {
			marks += " " + f.Use
		}
		if cmd.name == "LSUB" {
			marks = ""
		}
		c.Say("* " + cmd.name + " (" + marks + ") " + divider + name(f.Name))
	}
	return c.done(cmd.tag, capital(cmd.name))
}

// matches tells whether a name fits a pattern, which has at most one wildcard.
func matches(pattern, name string) bool {
	i := strings.IndexAny(pattern, "*%")
	if i < 0 {
		return strings.EqualFold(pattern, name)
	}
	return len(name) >= len(pattern)-1 && strings.HasPrefix(name, pattern[:i]) && strings.HasSuffix(name, pattern[i+1:])
}

func (c *client) namespace(cmd command) bool {
	c.Say(`* NAMESPACE (("" "` + c.Product.Divider + `")) NIL NIL`)
	return c.done(cmd.tag, "Namespace")
}

func (c *client) enable(cmd command) bool {
	var names []string
	for _, a := range cmd.args {
		if n := strings.ToUpper(a.text); n == "CONDSTORE" || n == "QRESYNC" {
			names = append(names, n)
		}
	}
	if len(cmd.args) > 0 {
		c.Say(strings.TrimSpace("* ENABLED " + strings.Join(names, " ")))
	}
	return c.Say(cmd.tag+" OK Enabled"+took()+".") == nil
}

// create seems to make a folder. It is not there: none of what a client makes is kept.
func (c *client) create(cmd command) bool {
	if len(cmd.args) == 0 {
		return c.refuse(cmd.tag, cmd.name, "Missing arguments")
	}
	if c.box.Folder(cmd.text(0)) != nil {
		return c.no(cmd.tag, c.word("[ALREADYEXISTS] Mailbox already exists", cmd.text(0)+" already exists."))
	}
	return c.done(cmd.tag, capital(cmd.name))
}

// remove answers DELETE and RENAME.
func (c *client) remove(cmd command) bool {
	f := c.box.Folder(cmd.text(0))
	switch {
	case f == nil:
		return c.no(cmd.tag, c.word("[NONEXISTENT] Mailbox doesn't exist: "+cmd.text(0), cmd.text(0)+" doesn't exist."))
	case f.Name == "INBOX":
		return c.no(cmd.tag, c.word("INBOX can't be deleted", "INBOX can't be deleted."))
	}
	for i, other := range c.box.Folders {
		if other == f {
			c.box.Folders = append(c.box.Folders[:i], c.box.Folders[i+1:]...)
			break
		}
	}
	return c.done(cmd.tag, capital(cmd.name))
}

func (c *client) subscribe(cmd command) bool {
	if c.box.Folder(cmd.text(0)) == nil && cmd.name == "SUBSCRIBE" {
		return c.missing(cmd.tag, cmd.text(0))
	}
	return c.done(cmd.tag, capital(cmd.name))
}

// keep answers APPEND: the message is recorded and forgotten.
func (c *client) keep(cmd command) bool {
	f := c.box.Folder(cmd.text(0))
	if f == nil {
		return c.no(cmd.tag, "[TRYCREATE] "+c.word("Mailbox doesn't exist: "+cmd.text(0), cmd.text(0)+" doesn't exist."))
	}
	if len(cmd.args) < 2 {
		return c.refuse(cmd.tag, cmd.name, "Missing message size")
	}
	body := cmd.args[len(cmd.args)-1]
	c.Session.Event("mail", event.String("folder", f.Name), event.Field{Name: "content", Value: body.text, Size: int(body.size)})
	uid := f.Next
	f.Next++
	return c.Say(fmt.Sprintf("%s OK [APPENDUID %d %d] %s", cmd.tag, f.Validity, uid, c.word("Append completed"+took()+".", "APPEND completed."))) == nil
}

// idle waits for the client to have enough.
func (c *client) idle(cmd command) bool {
	c.Say("+ " + c.word("idling", "IDLE accepted, awaiting DONE command."))
	line, err := c.Line()
	if err != nil {
		return false
	}
	if !strings.EqualFold(line, "DONE") {
		return c.refuse(cmd.tag, cmd.name, "Expected DONE")
	}
	return c.done(cmd.tag, "Idle")
}

// inFolder answers the commands that need a selected folder.
func (c *client) inFolder(cmd command) bool {
	if c.folder == nil {
		if c.Product.Exchange {
			return c.Say(cmd.tag+" BAD Command received in Invalid state.") == nil
		}
		return c.Say(cmd.tag+" BAD No mailbox selected"+took()+".") == nil
	}
	byUID := cmd.name == "UID"
	if byUID {
		if len(cmd.args) == 0 {
			return c.refuse(cmd.tag, "", "")
		}
		cmd.name, cmd.args = strings.ToUpper(cmd.text(0)), cmd.args[1:]
	}
	switch cmd.name {
	case "FETCH":
		return c.fetch(cmd, byUID)
	case "SEARCH":
		return c.search(cmd, byUID)
	case "SORT", "THREAD":
		if !c.Product.Exchange {
			return c.search(cmd, byUID)
		}
		return c.refuse(cmd.tag, cmd.name, "Unknown command")
	case "STORE":
		return c.store(cmd, byUID)
	case "COPY", "MOVE":
		if c.box.Folder(cmd.text(1)) == nil {
			return c.no(cmd.tag, "[TRYCREATE] "+c.word("Mailbox doesn't exist: "+cmd.text(1), cmd.text(1)+" doesn't exist."))
		}
		return c.done(cmd.tag, capital(cmd.name))
	case "EXPUNGE":
		c.expunge(true)
	case "CLOSE":
		c.expunge(false)
		c.folder = nil
	case "UNSELECT":
		c.folder = nil
	case "CHECK":
	default:
		return c.refuse(cmd.tag, "UID "+cmd.name, "Unknown command")
	}
	return c.done(cmd.tag, capital(cmd.name))
}

// expunge takes out the messages that are marked.
func (c *client) expunge(tell bool) {
	if c.readOnly {
		return
	}
	var kept []*mail.Message
	for _, m := range c.folder.Messages {
		if !m.Deleted {
			kept = append(kept, m)
		} else if tell {
			c.Say(fmt.Sprintf("* %d EXPUNGE", len(kept)+1))
		}
	}
	c.folder.Messages = kept
}

// store changes flags.
func (c *client) store(cmd command, byUID bool) bool {
	chosen, ok := c.chosen(cmd.text(0), byUID)
	if !ok {
		return c.refuse(cmd.tag, cmd.name, "Invalid messageset")
	}
	if len(cmd.args) < 3 {
		return c.refuse(cmd.tag, cmd.name, "Invalid arguments")
	}
	how := strings.ToUpper(cmd.text(1))
	given := cmd.args[2].list
	if !cmd.args[2].isList {
		given = cmd.args[2:]
	}
	for _, i := range chosen {
		m := c.folder.Messages[i]
		if c.readOnly {
			continue
		}
		on := !strings.HasPrefix(how, "-")
		if on && !strings.HasPrefix(how, "+") {
			m.Seen, m.Deleted, m.Answered = false, false, false
		}
		for _, f := range given {
			switch strings.ToUpper(f.text) {
			case `\SEEN`:
				m.Seen = on
			case `\DELETED`:
				m.Deleted = on
			case `\ANSWERED`:
				m.Answered = on
			}
		}
		if !strings.HasSuffix(how, ".SILENT") {
			c.Say(fmt.Sprintf("* %d FETCH (%sFLAGS %s)", i+1, uidFirst(m, byUID), flagsOf(m)))
		}
	}
	return c.done(cmd.tag, "Store")
}

func uidFirst(m *mail.Message, byUID bool) string {
	if byUID {
		return fmt.Sprintf("UID %d ", m.UID)
	}
	return ""
}

func flagsOf(m *mail.Message) string {
	var on []string
	if m.Answered {
		on = append(on, `\Answered`)
	}
	if m.Deleted {
		on = append(on, `\Deleted`)
	}
	if m.Seen {
		on = append(on, `\Seen`)
	}
	return "(" + strings.Join(on, " ") + ")"
}

// chosen returns the indexes of the messages in a set; numbers that are not there are an error, UIDs are not.
func (c *client) chosen(text string, byUID bool) ([]int, bool) {
	which, ok := parseSet(text)
	messages := c.folder.Messages
	if !ok || !byUID && !which.within(uint32(len(messages))) {
		return nil, false
	}
	var out []int
	for i, m := range messages {
		n, last := uint32(i+1), uint32(len(messages))
		if byUID {
			n, last = m.UID, messages[len(messages)-1].UID
		}
		if which.has(n, last) {
			out = append(out, i)
		}
	}
	return out, true
}
