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
	return reshape(was, ShapeOf(d))
}

func reshape(was, is schematype.Shape) *schematype.Reshape {
	if reflect.DeepEqual(was, is) {
		return nil
	}
	return &schematype.Reshape{From: was, To: is}
}

// takeBack is a shape without what a reshape made of it: where something else was made of it since, that stays.
func takeBack(s schematype.Shape, r schematype.Reshape) schematype.Shape {
	is, from, to := reflect.ValueOf(&s).Elem(), reflect.ValueOf(r.From), reflect.ValueOf(r.To)
	for i := range is.NumField() {
		if reflect.DeepEqual(is.Field(i).Interface(), to.Field(i).Interface()) {
			is.Field(i).Set(from.Field(i))
		}
	}
	return s
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
