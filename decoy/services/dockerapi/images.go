package dockerapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/web"
)

// registryLogin decodes the header with the credentials for a registry.
func registryLogin(header string) (user, secret, registry string) {
	raw, err := base64.URLEncoding.DecodeString(header)
	if err != nil {
		if raw, err = base64.RawURLEncoding.DecodeString(header); err != nil {
			return "", "", ""
		}
	}
	var given struct{ Username, Password, IdentityToken, RegistryToken, ServerAddress string }
	if json.Unmarshal(raw, &given) != nil {
		return "", "", ""
	}
	return given.Username, given.Password + given.IdentityToken + given.RegistryToken, given.ServerAddress
}

func listImages(c *call) {
	out := []map[string]any{}
	for _, i := range c.engine.images() {
		one := map[string]any{
			"Containers": -1, "Created": i.created.Unix(), "Id": i.id, "Labels": nil, "ParentId": "", "RepoDigests": i.digests(), "RepoTags": []string{i.tag}, "SharedSize": -1, "Size": i.size,
		}
		if newer("1.44", c.version.api) {
			one["VirtualSize"] = i.size
		}
		out = append(out, one)
	}
	c.json(200, out)
}

// release is how long a tag of a registry stands for the same image.
const release = 60 * 24 * time.Hour

// released is the image that a tag stood for at a time: the same for whoever pulled it, as from a registry. size is about its size.
func released(tag string, size int64, at time.Time) *image {
	began := at.Truncate(release)
	sum := func(what string) [sha256.Size]byte {
		return sha256.Sum256(fmt.Appendf(nil, "%s of %s in %d", what, tag, began.Unix()))
	}
	id, content, drawn := sum("image"), sum("manifest"), sum("size")
	age := time.Duration(binary.BigEndian.Uint64(drawn[:])%uint64(20*24*time.Hour)) - 20*24*time.Hour
	i := &image{
		id: "sha256:" + hex.EncodeToString(id[:]), tag: tag, content: "sha256:" + hex.EncodeToString(content[:]),
		size: size + int64(binary.BigEndian.Uint32(drawn[8:])%(1<<20)), created: began.Add(age),
	}
	if _, digest, pinned := strings.Cut(tag, "@"); pinned {
		i.content = digest
	}
	return i
}

// digests are the image's names by its content.
func (i *image) digests() []string {
	if i.content == "" {
		return []string{}
	}
	name, _, _ := strings.Cut(i.tag, "@")
	if at := strings.LastIndexByte(name, ':'); at > strings.LastIndexByte(name, '/') {
		name = name[:at]
	}
	return []string{name + "@" + i.content}
}

// layer is the digest of the image's one layer.
func (i *image) layer() string {
	sum := sha256.Sum256([]byte("layer of " + i.id))
	return hex.EncodeToString(sum[:])
}

func inspectImage(c *call) {
	i := c.engine.findImage(c.args[0])
	if i == nil {
		c.fail(404, "No such image: "+tagged(c.args[0]))
		return
	}
	c.json(200, map[string]any{
		"Id": i.id, "RepoTags": []string{i.tag}, "RepoDigests": i.digests(), "Parent": "", "Comment": "", "Created": i.created.Format(time.RFC3339Nano), "DockerVersion": "", "Author": "", "Architecture": "amd64",
		"Os": "linux", "Size": i.size, "Config": map[string]any{"Cmd": []string{"/bin/sh"}, "Env": []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}},
		"GraphDriver": map[string]any{"Name": "overlay2", "Data": nil}, "RootFS": map[string]any{"Type": "layers", "Layers": []string{"sha256:" + i.layer()}},
	})
}

// pull seems to fetch an image; what is wanted is recorded.
func pull(c *call) {
	ref, tag := c.query("fromImage"), c.query("tag")
	if source := c.query("fromSrc"); source != "" {
		c.r.Session.Event(event.Download, web.Bounded("url", source, 1024))
		ref = c.query("repo")
	}
	if ref == "" {
		c.fail(400, "invalid reference format")
		return
	}
	switch {
	case strings.HasPrefix(tag, "sha256:"):
		ref += "@" + tag
	case tag != "":
		ref += ":" + tag
	}
	c.r.Session.Event("image_pull", web.Bounded("image", tagged(ref), 1024))
	ref = tagged(ref)
	if strings.ContainsAny(ref, " \"\\\r\n<>") || len(ref) > 255 {
		c.fail(400, "invalid reference format")
		return
	}
	name, version := ref, "latest"
	if at := strings.LastIndexByte(ref, ':'); at > 0 {
		name, version = ref[:at], ref[at+1:]
	}
	if !strings.Contains(name, "/") {
		name = "library/" + name
	}
	i := c.engine.findImage(ref)
	known := i != nil
	if !known {
		now := c.host.Now()
		sum := sha256.Sum256([]byte(ref))
		i = released(ref, 5<<20+int64(binary.BigEndian.Uint32(sum[:])%(60<<20)), now)
	}
	c.w.Header().Set("Content-Type", "application/json")
	c.line(`{"status":"Pulling from %s","id":"%s"}`, name, version)
	if !known {
		layer := i.layer()[:12]
		for _, status := range []string{"Pulling fs layer", "Verifying Checksum", "Download complete", "Pull complete"} {
			c.line(`{"status":"%s","progressDetail":{},"id":"%s"}`, status, layer)
		}
		c.engine.addImage(i)
	}
	c.line(`{"status":"Digest: %s"}`, i.content)
	word := "Downloaded newer image for"
	if known {
		word = "Image is up to date for"
	}
	c.line(`{"status":"Status: %s %s"}`, word, ref)
}

// load answers `docker load` and `docker import`: the archive's beginning is recorded with the request.
func load(c *call) {
	c.w.Header().Set("Content-Type", "application/json")
	c.line(`{"stream":"Loaded image ID: sha256:%s\n"}`, newID())
}

// build answers `docker build`: the context, and with it the Dockerfile where it comes first, is recorded with the request.
func build(c *call) {
	id := newID()
	if remote := c.query("remote"); remote != "" {
		c.r.Session.Event(event.Download, web.Bounded("url", remote, 1024))
	}
	tag := c.query("t")
	if tag == "" {
		tag = "<none>"
	}
	c.engine.addImage(&image{id: "sha256:" + id, tag: tagged(tag), size: 9 << 20, created: c.host.Now()})
	c.w.Header().Set("Content-Type", "application/json")
	c.line(`{"stream":"Step 1/1 : FROM scratch\n"}`)
	c.line(`{"aux":{"ID":"sha256:%s"}}`, id)
	c.line(`{"stream":"Successfully built %s\n"}`, id[:12])
}

func removeImage(c *call) {
	i := c.engine.findImage(c.args[0])
	if i == nil {
		c.fail(404, "No such image: "+tagged(c.args[0]))
		return
	}
	for _, x := range c.engine.containers() {
		if x.image == i.id {
			c.fail(409, fmt.Sprintf("conflict: unable to remove repository reference \"%s\" (must force) - container %s is using its referenced image %s", c.args[0], x.id[:12], i.id[7:19]))
			return
		}
	}
	c.json(200, []map[string]string{{"Untagged": i.tag}, {"Deleted": i.id}})
}
