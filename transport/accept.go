package transport

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

const (
	mediaJSON     = "application/json"
	mediaResponse = "application/graphql-response+json"
	mediaStream   = "text/event-stream"
)

// accepted says how much a client wants a media type, from the request's
// Accept header: 0 is not at all. Ranges such as */* are matched, a more
// exact one wins over a wider one.
type accepted []acceptedRange

type acceptedRange struct {
	mediaType string
	quality   float64
}

func parseAccept(r *http.Request) accepted {
	var ranges accepted
	for _, line := range r.Header.Values("Accept") {
		for part := range strings.SplitSeq(line, ",") {
			mediaType, attributes, err := mime.ParseMediaType(part)
			if err != nil {
				continue
			}
			quality := 1.0
			if q, ok := attributes["q"]; ok {
				if quality, err = strconv.ParseFloat(q, 64); err != nil {
					continue
				}
			}
			ranges = append(ranges, acceptedRange{mediaType, quality})
		}
	}
	return ranges
}

// quality of a media type: its own entry, else that of the range it is in.
func (a accepted) quality(mediaType string) float64 {
	group, _, _ := strings.Cut(mediaType, "/")
	for _, want := range []string{mediaType, group + "/*", "*/*"} {
		for _, have := range a {
			if have.mediaType == want {
				return have.quality
			}
		}
	}
	return 0
}

// names tells whether the client named the media type itself.
func (a accepted) names(mediaType string) bool {
	for _, have := range a {
		if have.mediaType == mediaType {
			return have.quality > 0
		}
	}
	return false
}

// json picks the media type of a single response, "" when the client takes
// neither. application/json is what the specification lets old clients expect,
// so the newer type has to be asked for by its name.
func (a accepted) json() string {
	if len(a) == 0 {
		return mediaJSON
	}
	plain := a.quality(mediaJSON)
	if a.names(mediaResponse) && (a.quality(mediaResponse) > plain ||
		a.quality(mediaResponse) == plain && a.before(mediaResponse, mediaJSON)) {
		return mediaResponse
	}
	if plain > 0 {
		return mediaJSON
	}
	return ""
}

// before tells whether the client wrote the first type before the second.
func (a accepted) before(first, second string) bool {
	for _, have := range a {
		switch have.mediaType {
		case first:
			return true
		case second:
			return false
		}
	}
	return false
}
