package mqtt

import (
	"strings"
	"unicode/utf8"
)

const maxTopic = 1024 // bytes

// validTopic tells whether something can be published under the name.
func validTopic(topic string) bool {
	return topic != "" && len(topic) <= maxTopic && utf8.ValidString(topic) && !strings.ContainsAny(topic, "+#\x00")
}

// validFilter tells whether the name, which may have wildcards, can be subscribed to.
func validFilter(topic string) bool {
	if topic == "" || len(topic) > maxTopic || !utf8.ValidString(topic) || strings.Contains(topic, "\x00") {
		return false
	}
	levels := strings.Split(topic, "/")
	for i, level := range levels {
		if strings.Contains(level, "#") && (level != "#" || i < len(levels)-1) || strings.Contains(level, "+") && level != "+" {
			return false
		}
	}
	return true
}

// matches tells whether the filter covers the topic. The server's own topics, which begin with a dollar, are only covered by filters that name it.
func matches(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") != strings.HasPrefix(filter, "$") {
		return false
	}
	wanted, levels := strings.Split(filter, "/"), strings.Split(topic, "/")
	for i, w := range wanted {
		if w == "#" {
			return true
		}
		if i >= len(levels) || w != "+" && w != levels[i] {
			return false
		}
	}
	return len(wanted) == len(levels)
}
