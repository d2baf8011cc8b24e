package lifecycle

import (
	"reflect"

	"decnet/ent"
	"decnet/ent/schema/schematype"
)

// ShapeOf is what a decky is besides its services.
func ShapeOf(d *ent.Decky) schematype.Shape {
	return schematype.Shape{Archetype: d.Archetype, Distro: d.Distro, OS: d.Os, Hostname: d.Hostname, IP: d.IP, Settings: d.Settings}
}

// ReshapeOf is how a decky that was something becomes d; nil when it stays what it was.
func ReshapeOf(was schematype.Shape, d *ent.Decky) *schematype.Reshape {
	if is := ShapeOf(d); !reflect.DeepEqual(was, is) {
		return &schematype.Reshape{From: was, To: is}
	}
	return nil
}

// SetShape makes an update give a decky a shape.
func SetShape(m *ent.DeckyMutation, s schematype.Shape) {
	m.SetDistro(s.Distro)
	m.SetOs(s.OS)
	m.SetHostname(s.Hostname)
	m.SetIP(s.IP)
	if s.Archetype != nil {
		m.SetArchetype(*s.Archetype)
	} else {
		m.ClearArchetype()
	}
	if s.Settings != nil {
		m.SetSettings(s.Settings)
	} else {
		m.ClearSettings()
	}
}

// before is the decky as it was before a lifecycle made something else of it.
func before(d *ent.Decky, lc *ent.Lifecycle) *ent.Decky {
	if lc.Reshape == nil {
		return d
	}
	was := *d
	s := lc.Reshape.From
	was.Archetype, was.Distro, was.Os, was.Hostname, was.IP, was.Settings = s.Archetype, s.Distro, s.OS, s.Hostname, s.IP, s.Settings
	return &was
}
