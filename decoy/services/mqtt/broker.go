package mqtt

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/visitors"
)

func init() {
	decoy.Register("mqtt", func(h *decoy.Host) (decoy.Service, error) { return newBroker(h), nil })
}

// versions are those of Mosquitto in each distribution.
var versions = map[string][]string{
	"debian": {"2.0.11", "2.0.18"}, "ubuntu22": {"2.0.11", "2.0.18"}, "ubuntu20": {"1.6.9"}, "rocky9": {"2.0.18", "2.0.15"}, "centos7": {"1.6.10"},
	"fedora": {"2.0.18"}, "kali": {"2.0.18"}, "arch": {"2.0.18"}, "alpine": {"2.0.18"},
}

// broker is the decky's.
type broker struct {
	host     *decoy.Host
	version  string
	users    map[string][]string // none: anybody may come
	started  time.Time
	values   []value
	fixed    []message // retained
	visitors *visitors.Map[*visitor]
}

// value is one that is measured and published, with a name in it.
type value struct {
	topic, before, after string
	mean, swing          float64
	period               time.Duration
}

// at is the message that tells it.
func (v value) at(now time.Time) message {
	phase := 2 * math.Pi * float64(now.UnixNano()%int64(v.period)) / float64(v.period)
	return message{topic: v.topic, body: []byte(v.before + strconv.FormatFloat(v.mean+v.swing*math.Sin(phase), 'f', 1, 64) + v.after), retain: true}
}

func newBroker(h *decoy.Host) *broker {
	r := h.Rand("mqtt")
	choices := versions[h.Distro]
	switch {
	case h.OS == "windows" || h.OS == "windows_server":
		choices = []string{"2.0.15", "1.6.12"}
	case h.OS == "embedded":
		choices = []string{"1.6.8", "1.4.15", "1.6.12", "1.5.8"}
	case choices == nil:
		choices = versions["debian"]
	}
	b := &broker{
		host: h, version: decoy.Pick(h, "mqtt-version", choices...), started: h.BootTime().Add(time.Duration(9+r.IntN(40)) * time.Second),
		visitors: visitors.New(func() *visitor { return &visitor{retained: map[string]message{}} }),
	}
	if r.IntN(4) == 0 {
		b.users = map[string][]string{}
		for _, user := range []string{"admin", decoy.Pick(h, "mqtt-user", "mqtt", "homeassistant", "iot", "sensor", "mosquitto")} {
			b.users[user] = bait.Passwords(h, "mqtt", user)
		}
	}
	b.furnish()
	return b
}

// furnish makes what the devices of the house or the plant have published.
func (b *broker) furnish() {
	r := b.host.Rand("mqtt-topics")
	id := func() string { return fmt.Sprintf("%06X", r.IntN(1<<24)) }
	secret := base64.RawURLEncoding.EncodeToString(b.host.Bytes("mqtt-wifi", 9))
	measured := func(topic, before, after string, mean, swing float64) {
		b.values = append(b.values, value{topic, before, after, mean, swing, time.Duration(300+r.IntN(3000)) * time.Second})
	}
	keep := func(topic, body string) {
		b.fixed = append(b.fixed, message{topic: topic, body: []byte(body), retain: true})
	}
	switch decoy.Pick(b.host, "mqtt-scene", "tasmota", "zigbee", "plant") {
	case "tasmota":
		for range 2 + r.IntN(4) {
			name := "tasmota_" + id()
			measured("tele/"+name+"/SENSOR", `{"Time":"`+b.host.Now().Format("2006-01-02T15:04:05")+`","ENERGY":{"TotalStartTime":"`+b.host.Installed().Format("2006-01-02T15:04:05")+`","Power":`, `,"Voltage":231}}`, 20+r.Float64()*200, 5)
			keep("tele/"+name+"/LWT", "Online")
			keep("tasmota/discovery/"+strings.TrimPrefix(name, "tasmota_")+"/config", fmt.Sprintf(`{"ip":"%s","dn":"%s","fn":["%s"],"hn":"%s","md":"Sonoff Basic","sw":"13.4.0","rl":[1,0,0,0,0,0,0,0]}`, b.neighbour(r.IntN(250)), name, name, name))
		}
		keep("cmnd/tasmotas/Backlog", "SSId1 "+bait.AppOf(b.host).Name+"-iot; Password1 "+secret)
	case "zigbee":
		keep("zigbee2mqtt/bridge/state", `{"state":"online"}`)
		for _, room := range []string{"kitchen", "living_room", "bedroom", "garage"}[:2+r.IntN(3)] {
			measured("zigbee2mqtt/"+room+"_sensor", `{"battery":`+strconv.Itoa(20+r.IntN(80))+`,"humidity":47.2,"linkquality":102,"temperature":`, "}", 19+r.Float64()*4, 1.2)
		}
		keep("zigbee2mqtt/front_door_lock", `{"battery":80,"lock_state":"locked","state":"LOCK"}`)
		keep("homeassistant/status", "online")
		keep("frigate/config", `{"mqtt":{"user":"frigate","password":"`+secret+`"},"cameras":{"front":{"path":"rtsp://admin:`+secret+`@`+b.neighbour(r.IntN(250))+`:554/stream1"}}}`)
	default:
		site := decoy.Pick(b.host, "mqtt-site", "plant1", "werk", "site-a", "factory")
		for line := range 1 + r.IntN(3) {
			for _, what := range []string{"temperature", "pressure", "flow", "vibration"} {
				measured(fmt.Sprintf("%s/line%d/%s", site, line+1, what), "", "", 5+r.Float64()*80, 1+r.Float64()*2)
			}
			keep(fmt.Sprintf("%s/line%d/state", site, line+1), "RUNNING")
		}
		keep(site+"/gateway/config", `{"broker":"`+b.host.Hostname+`","user":"gateway","password":"`+secret+`","opcua":"opc.tcp://`+b.neighbour(r.IntN(250))+`:4840"}`)
	}
}

// neighbour is an address in the decky's network.
func (b *broker) neighbour(last int) string {
	at := strings.LastIndexByte(b.host.IP, '.')
	if at < 0 {
		return "192.168.1." + strconv.Itoa(2+last)
	}
	return b.host.IP[:at+1] + strconv.Itoa(2+last)
}

// own are the server's messages about itself.
func (b *broker) own(now time.Time) []message {
	uptime := int64(now.Sub(b.started).Seconds())
	say := func(topic string, value any) message {
		return message{topic: "$SYS/broker/" + topic, body: fmt.Append(nil, value), retain: true}
	}
	devices := len(b.values)
	all := []message{
		say("version", "mosquitto version "+b.version), say("uptime", fmt.Sprintf("%d seconds", uptime)),
		say("clients/total", devices+1), say("clients/maximum", devices+3), say("clients/active", devices+1), say("clients/connected", devices+1),
	}
	// What passes in a minute, about; the longer the mean, the less it swings.
	size := 24 // bytes of a message, with its topic
	for i, span := range []string{"1min", "5min", "15min"} {
		swing := 1 + math.Sin(float64(now.Unix())/97)*0.05/float64(1+4*i)
		for _, load := range []struct {
			of   string
			each float64
		}{
			{"messages/received", 8.6}, {"messages/sent", 12}, {"publish/sent", 3.4}, {"publish/received", 7.6}, {"bytes/received", 8.6 * float64(size)}, {"bytes/sent", 12 * float64(size)}, {"sockets", 0.06}, {"connections", 0.06},
		} {
			all = append(all, say("load/"+load.of+"/"+span, fmt.Sprintf("%.2f", float64(devices)*load.each*swing)))
		}
	}
	stored := len(b.fixed) + devices + 48
	received, sent := uptime*int64(devices)*86/600, uptime*int64(devices)/5
	return append(all,
		say("messages/stored", stored), say("store/messages/count", stored), say("store/messages/bytes", stored*9), say("subscriptions/count", devices+2), say("retained messages/count", stored+4),
		say("heap/current", 41000+devices*2900), say("heap/maximum", 46000+devices*3400),
		say("messages/received", received), say("messages/sent", sent), say("publish/messages/received", received*76/86), say("publish/messages/sent", sent*34/120),
		say("bytes/received", received*int64(size)), say("bytes/sent", sent*int64(size)), say("publish/bytes/received", received*6), say("publish/bytes/sent", sent*34/120*6))
}

// retained are all messages that the server keeps, as they are now.
func (b *broker) retained(now time.Time) []message {
	all := slices.Clone(b.fixed)
	for _, v := range b.values {
		all = append(all, v.at(now))
	}
	return append(all, b.own(now)...)
}
