package snmp

import (
	"slices"
	"strings"

	"decnet/decoy/services/internal/ber"
)

// The tags of SNMP's own types, and of what stands for a value that isn't there.
const (
	ipAddress  = 0x40
	counter32  = 0x41
	gauge32    = 0x42
	timeTicks  = 0x43
	counter64  = 0x46
	noObject   = 0x80
	noInstance = 0x81
	endOfMIB   = 0x82
)

// The errors of a request.
const (
	tooBig      = 1
	noSuchName  = 2 // version 1
	badValue    = 3 // version 1
	readOnly    = 4 // version 1
	noAccess    = 6
	wrongType   = 7
	wrongLength = 8
	notWritable = 17
)

// row is one variable.
type row struct {
	id    ber.ObjectID
	value func() ber.Node
}

// settable are the variables that a client may change: contact, name and location.
var settable = []string{"1.3.6.1.2.1.1.4.0", "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.6.0"}

// value is a row's, as the visitor sees it.
func (a *agent) value(v *visitor, r row) ber.Node {
	if n, ok := v.kept[r.id.String()]; ok {
		return n
	}
	return r.value()
}

// at returns the variable itself.
func (a *agent) at(v *visitor, id ber.ObjectID) ber.Node {
	rows := a.rows()
	i, found := slices.BinarySearchFunc(rows, id, func(r row, id ber.ObjectID) int { return slices.Compare(r.id, id) })
	if found {
		return a.value(v, rows[i])
	}
	// Whether the object exists in other instances: the column is all but the last number, near enough.
	for _, neighbour := range rows[max(i-1, 0):min(i+1, len(rows))] {
		if object := neighbour.id[:len(neighbour.id)-1]; len(id) >= len(object) && slices.Equal(id[:len(object)], object) {
			return ber.Bytes(noInstance, nil)
		}
	}
	return ber.Bytes(noObject, nil)
}

// after returns the variable that follows.
func (a *agent) after(v *visitor, id ber.ObjectID) (ber.ObjectID, ber.Node) {
	rows := a.rows()
	i, found := slices.BinarySearchFunc(rows, id, func(r row, id ber.ObjectID) int { return slices.Compare(r.id, id) })
	if found {
		i++
	}
	if i == len(rows) {
		return id, ber.Bytes(endOfMIB, nil)
	}
	return rows[i].id, a.value(v, rows[i])
}

// reply is an answer in the making.
type reply struct {
	p     pdu
	bound []ber.Node
	size  int
	most  int
}

// add adds a variable and tells whether there was room.
func (r *reply) add(id ber.ObjectID, value ber.Node) bool {
	n := ber.Of(ber.Sequence, id.Node(), value)
	size := len(n.Encode())
	if r.size+size > r.most {
		return false
	}
	r.size += size
	r.bound = append(r.bound, n)
	return true
}

func (r *reply) done() ber.Node {
	return ber.Of(response, r.p.id, ber.Number(ber.Integer, 0), ber.Number(ber.Integer, 0), ber.Of(ber.Sequence, r.bound...))
}

// failed refuses the request because of the variable at index, counted from 1. All variables come back as they were.
func failed(p pdu, code, index int) ber.Node {
	var bound []ber.Node
	if code != tooBig {
		for _, v := range p.variables {
			bound = append(bound, ber.Of(ber.Sequence, v.id.Node(), v.value))
		}
	}
	return ber.Of(response, p.id, ber.Number(ber.Integer, int64(code)), ber.Number(ber.Integer, int64(index)), ber.Of(ber.Sequence, bound...))
}

// carryOut answers a request of who may read, or write too. It says false for what has no answer.
func (a *agent) carryOut(v *visitor, version int, writes bool, p pdu) (ber.Node, bool) {
	r := &reply{p: p, most: maxAnswer}
	switch {
	case p.kind == getRequest || p.kind == nextRequest:
		for i, asked := range p.variables {
			id, value := asked.id, a.at(v, asked.id)
			if p.kind == nextRequest {
				id, value = a.after(v, asked.id)
				for version == 0 && value.Tag == counter64 { // version 1 has no such numbers, and passes them over
					id, value = a.after(v, id)
				}
			}
			if version == 0 && (value.Tag >= noObject || value.Tag == counter64) {
				return failed(p, noSuchName, i+1), true
			}
			if !r.add(id, value) {
				return failed(p, tooBig, 0), true
			}
		}
		return r.done(), true
	case p.kind == bulkRequest && version == 1:
		r.most = maxBulk
		a.bulk(v, r)
		return r.done(), true
	case p.kind == setRequest:
		return a.set(v, version, writes, p), true
	}
	return ber.Node{}, false
}

// bulk adds the variables after the ones asked for, many of each, as far as there is room.
func (a *agent) bulk(v *visitor, r *reply) {
	var at []ber.ObjectID
	for i, asked := range r.p.variables {
		if int64(i) >= r.p.non {
			at = append(at, asked.id)
			continue
		}
		if id, value := a.after(v, asked.id); !r.add(id, value) {
			return
		}
	}
	for range min(r.p.many, int64(len(a.rows()))) {
		ended := true
		for i := range at {
			id, value := a.after(v, at[i])
			if !r.add(id, value) {
				return
			}
			at[i] = id
			ended = ended && value.Tag == endOfMIB
		}
		if ended {
			return
		}
	}
}

// set keeps for the visitor what it sets, where it may.
func (a *agent) set(v *visitor, version int, writes bool, p pdu) ber.Node {
	for i, asked := range p.variables {
		id := asked.id.String()
		switch {
		case !writes && version == 0:
			return failed(p, noSuchName, i+1)
		case !writes:
			return failed(p, noAccess, i+1)
		case !slices.Contains(settable, id) && version == 0 && a.product.kind == "netsnmp":
			return failed(p, noSuchName, i+1)
		case !slices.Contains(settable, id) && version == 0:
			return failed(p, readOnly, i+1)
		case !slices.Contains(settable, id) || len(v.kept) == maxKept:
			return failed(p, notWritable, i+1)
		case version == 0 && (asked.value.Tag != ber.OctetString || len(asked.value.Value) > 255):
			return failed(p, badValue, i+1)
		case asked.value.Tag != ber.OctetString:
			return failed(p, wrongType, i+1)
		case len(asked.value.Value) > 255:
			return failed(p, wrongLength, i+1)
		}
	}
	for _, asked := range p.variables {
		v.kept[asked.id.String()] = ber.Text(ber.OctetString, strings.Clone(string(asked.value.Value)))
	}
	r := &reply{p: p, most: maxAnswer}
	for _, asked := range p.variables {
		if !r.add(asked.id, asked.value) {
			return failed(p, tooBig, 0)
		}
	}
	return r.done()
}
