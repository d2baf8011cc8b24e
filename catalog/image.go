package catalog

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Image is a container image of the user's own that speaks a service, and all that its container is given. It comes from the catalog's files alone: nobody who
// only uses the API can name any of it. Where a field has Compose's meaning, its key has Compose's name.
type Image struct {
	Ref  string
	Pull bool // fetch it when the engine does not have it
	// Entrypoint, Command and Env may hold placeholders: see Fill. Nil is what the image says.
	Entrypoint, Command []string
	Env                 map[string]string
	User                string
	CapAdd              []string // beside these it has none
	Writable            bool     // its root
	Tmpfs               []string // what else can be written to, while it runs
	Memory              int64    // bytes
	Pids                int64
	Ready               time.Duration // how long it may take until it answers
}

// What an image's container has when the file says nothing: as much as a decoy.
func defaultImage() *Image {
	return &Image{User: "65534:65534", Tmpfs: []string{"/tmp"}, Memory: 128 << 20, Pids: 64, Ready: 10 * time.Second}
}

const (
	leastMemory, mostMemory = 8 << 20, 64 << 30
	mostPids                = 4096
	mostReady               = 20 * time.Second // a mutation has 30
	mostArguments           = 64
	mostArgument            = 4096
	mostImageSlug           = 48 // what an event line can hold
)

var (
	imagePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$`)
	userPattern  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,31})?$`)
	envPattern   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)
	sizePattern  = regexp.MustCompile(`^([0-9]{1,6})([mMgG])[bB]?$`)
	ownSlug      = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
)

// grantable are the capabilities that a container can have without a way to the host or into others' traffic: those that servers want which give up root by
// themselves.
var grantable = []string{"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"}

func (i *Image) clone() *Image {
	if i == nil {
		return nil
	}
	out := *i
	out.Entrypoint, out.Command, out.Env = slices.Clone(i.Entrypoint), slices.Clone(i.Command), maps.Clone(i.Env)
	out.CapAdd, out.Tmpfs = slices.Clone(i.CapAdd), slices.Clone(i.Tmpfs)
	return &out
}

// Fill is the image with its placeholders, as {hostname}, replaced by what values has for them. Other braces stay.
func (i *Image) Fill(values map[string]string) *Image {
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", value)
	}
	r := strings.NewReplacer(pairs...)
	out := i.clone()
	for _, list := range [][]string{out.Entrypoint, out.Command} {
		for n, text := range list {
			list[n] = r.Replace(text)
		}
	}
	for name, text := range out.Env {
		out.Env[name] = r.Replace(text)
	}
	return out
}

// imageFields adds the keys of a service that has an image.
func (l *loader) imageFields(s *Service, known map[string]func(ast.Node)) {
	image := func() *Image {
		if s.Image == nil {
			s.Image = defaultImage()
		}
		return s.Image
	}
	for key, read := range map[string]func(*Image, ast.Node){
		"image": func(i *Image, n ast.Node) {
			if i.Ref = l.text(n); !imagePattern.MatchString(i.Ref) {
				l.fail(n, "%q is not an image reference", i.Ref)
			}
		},
		"pull_policy": func(i *Image, n ast.Node) {
			policy := l.text(n)
			if i.Pull = policy == "missing"; !i.Pull && policy != "never" {
				l.fail(n, "pull_policy is never or missing, not %q", policy)
			}
		},
		"entrypoint":  func(i *Image, n ast.Node) { i.Entrypoint = l.arguments(n) },
		"command":     func(i *Image, n ast.Node) { i.Command = l.arguments(n) },
		"environment": func(i *Image, n ast.Node) { i.Env = l.environment(n) },
		"user": func(i *Image, n ast.Node) {
			if i.User = l.text(n); !userPattern.MatchString(i.User) {
				l.fail(n, "%q is not a user, as 1000, 1000:1000 or a name that the image has", i.User)
			}
		},
		"cap_add": func(i *Image, n ast.Node) {
			i.CapAdd = l.list(n, func(n ast.Node, name string) {
				if !slices.Contains(grantable, name) {
					l.fail(n, "a service can't have the capability %q, but any of %s", name, strings.Join(grantable, ", "))
				}
			})
		},
		"read_only": func(i *Image, n ast.Node) { i.Writable = !l.boolean(n) },
		"tmpfs": func(i *Image, n ast.Node) {
			i.Tmpfs = l.list(n, func(n ast.Node, dir string) {
				if !path.IsAbs(dir) || path.Clean(dir) != dir || dir == "/" {
					l.fail(n, "%q is not a folder's path from /", dir)
				}
			})
		},
		"mem_limit":  func(i *Image, n ast.Node) { i.Memory = l.size(n, leastMemory, mostMemory) },
		"pids_limit": func(i *Image, n ast.Node) { i.Pids = int64(l.between(n, 1, mostPids)) },
		"ready": func(i *Image, n ast.Node) {
			var err error
			if i.Ready, err = time.ParseDuration(l.text(n)); err != nil || i.Ready <= 0 || i.Ready > mostReady {
				l.fail(n, "ready is a length of time up to %s, as 10s", mostReady)
			}
		},
	} {
		known[key] = func(n ast.Node) { read(image(), n) }
	}
}

// checkImage looks at a service as a whole, which may have been the decoy's before a file gave it an image.
func (l *loader) checkImage(key ast.Node, s *Service) {
	if s.Image == nil {
		return
	}
	if s.Image.Ref == "" {
		l.fail(key, "what it says of a container is for a service that has an image, and it names none")
	}
	if len(s.Slug) > mostImageSlug || !ownSlug.MatchString(s.Slug) || s.Slug == "decoy" {
		l.fail(key, "an image's service has a slug that begins with a letter or a digit, of %d characters at most, other than decoy", mostImageSlug)
	}
	if slices.ContainsFunc(s.Ports, func(p Port) bool { return p.Optional }) {
		l.fail(key, "an image's service listens on all of its ports: give it some without quic")
	}
	// What the decoy binary knows of it, the image does not.
	s.Decoy, s.Settings, s.Refused = false, nil, nil
}

// arguments reads a command: an argument may be there twice, and may be empty.
func (l *loader) arguments(n ast.Node) []string {
	seq, ok := n.(*ast.SequenceNode)
	if !ok || len(seq.Values) > mostArguments {
		l.fail(n, "expected a list of %d arguments at most", mostArguments)
		return nil
	}
	out := make([]string, 0, len(seq.Values))
	for _, v := range seq.Values {
		out = append(out, l.argument(v))
	}
	return out
}

func (l *loader) argument(n ast.Node) string {
	text := ""
	if s, ok := n.(*ast.StringNode); !ok || s.Value != "" {
		text = l.text(n)
	}
	if len(text) > mostArgument || strings.ContainsRune(text, 0) {
		l.fail(n, "expected a text of %d bytes at most", mostArgument)
	}
	return text
}

func (l *loader) environment(n ast.Node) map[string]string {
	out := map[string]string{}
	l.pairs(n, func(key ast.Node, name string, value ast.Node) {
		if !envPattern.MatchString(name) {
			l.fail(key, "%q is not the name of a variable", name)
		}
		if len(out) == mostArguments {
			l.fail(key, "%d variables are enough", mostArguments)
		}
		out[name] = l.argument(value)
	})
	return out
}

// size reads a number of bytes, as 256M.
func (l *loader) size(n ast.Node, least, most int64) int64 {
	m := sizePattern.FindStringSubmatch(l.text(n))
	if m != nil {
		count, _ := strconv.ParseInt(m[1], 10, 64) // the pattern has checked it
		size := count << 20
		if strings.EqualFold(m[2], "g") {
			size = count << 30
		}
		if size >= least && size <= most {
			return size
		}
	}
	l.fail(n, "expected a size from %s to %s, as 256M", mebibytes(least), mebibytes(most))
	return least
}

func mebibytes(n int64) string { return fmt.Sprintf("%dM", n>>20) }

func (l *loader) between(n ast.Node, least, most int) int {
	v := l.integer(n)
	if v < least || v > most {
		l.fail(n, "expected a number from %d to %d", least, most)
	}
	return v
}
