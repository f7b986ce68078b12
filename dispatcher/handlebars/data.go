package handlebars

import (
	"bytes"
	"fmt"
	"time"
)

// User is whom the step is about. Email and UserID belong to the profile and win over
// equally named profile keys (C12); empty means absent.
type User struct{ Email, UserID string }

// Data is what templates see: the trigger's fields over the profile's (B30). Only an index
// of top-level members is made; values are decoded on first use, so a Data must not be used
// by two goroutines at once.
//
// {{x}} is the trigger's x if it has one, else the profile's; profile.x and event.x name
// one side. Where a profile has an object of its own called profile, or the trigger one called
// event, what is inside that object comes first. A profile's object called event is what
// event.x looks into where the trigger has no data. {{this.profile}} is always the plain field.
type Data struct {
	profile, event fields
	hasEvent       bool
	now            time.Time
	step           Step
	merged         container    // everything as one object, opened when a template asks for it
	sides          [2]container // the profile and the trigger likewise
	root           value
	arena
}

// NewData indexes profile and event, each a JSON object, null or nil. now is the time the step
// was reached, which is what {{now}} renders.
func NewData(profile, event []byte, user User, now time.Time) (*Data, error) {
	d := new(Data)
	if err := d.Reset(profile, event, user, now); err != nil {
		return nil, err
	}
	return d, nil
}

// Reset makes d the data of another step and reuses its memory.
func (d *Data) Reset(profile, event []byte, user User, now time.Time) (err error) {
	d.profile.reset()
	d.event.reset()
	d.arena.reset()
	d.merged, d.sides = container{}, [2]container{}
	d.root = value{kind: object, flags: isRoot, inner: &d.merged}
	d.now, d.step = now, Step{}
	if _, err = d.profile.read(profile); err != nil {
		return fmt.Errorf("handlebars: read the profile: %w", err)
	}
	if d.hasEvent, err = d.event.read(event); err != nil {
		return fmt.Errorf("handlebars: read the trigger's data: %w", err)
	}
	d.own("email", user.Email)
	d.own("userId", user.UserID)
	return nil
}

// read indexes one side, if there is any.
func (f *fields) read(raw []byte) (bool, error) {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || string(raw) == "null" {
		return false, nil
	}
	return true, f.parse(raw)
}

// own puts what is known about the user over the profile's key of that name.
func (d *Data) own(key, s string) {
	if s == "" {
		return
	}
	f := d.profile.last(key, markOf(key))
	if f == nil {
		d.profile.add(field{key: key})
		f = &d.profile.list[len(d.profile.list)-1]
	}
	f.raw, f.value, f.ready = "", textValue(s), true
}

// side is one of the two names templates have for where a field comes from.
type side uint8

const (
	noSide side = iota
	profileSide
	eventSide
)

func sideNamed(name string) side {
	switch name {
	case "profile":
		return profileSide
	case "event":
		return eventSide
	}
	return noSide
}

// plain looks a field up, whatever its name: the trigger's, else the profile's.
func (d *Data) plain(name string, mark uint32) value {
	if d.root.flags&isRoot == 0 {
		return d.member(d.root, name)
	}
	if f := d.event.last(name, mark); f != nil {
		return d.value(f)
	}
	if f := d.profile.last(name, mark); f != nil {
		return d.value(f)
	}
	return nothing
}

// whole is what {{profile}} or {{event}} stands for by itself.
func (d *Data) whole(s side) value {
	if v := d.namesake(s); v.kind != missing {
		return v
	}
	if s == eventSide && !d.hasEvent {
		return nothing
	}
	return value{kind: object, inner: d.open(s)}
}

// namesake is the field that is called like a side. An object called event in the profile is
// none where there is a trigger to look into.
func (d *Data) namesake(s side) value {
	if s == profileSide {
		if f := d.profile.last("profile", markOf("profile")); f != nil {
			return d.value(f)
		}
		return nothing
	}
	v := d.plain("event", markOf("event"))
	if v.kind == object && len(d.event.list) > 0 && d.event.last("event", markOf("event")) == nil {
		return nothing
	}
	return v
}

// of looks up profile.name or event.name.
func (d *Data) of(s side, name string, mark uint32) value {
	f := d.event.last(name, mark)
	if s == profileSide {
		f = d.profile.last(name, mark)
	}
	if s == profileSide && f != nil && f.raw == "" {
		return f.value // the user's own
	}
	if inner := d.namesake(s); inner.kind == object {
		if v := d.member(inner, name); v.kind != missing {
			return v
		}
	}
	if f == nil {
		return nothing
	}
	return d.value(f)
}

func (d *Data) value(f *field) value {
	if !f.ready {
		f.value, f.ready = d.decode(f.raw), true
	}
	return f.value
}

// open lists the members of one side.
func (d *Data) open(s side) *container {
	c, f := &d.sides[0], &d.profile
	if s == eventSide {
		c, f = &d.sides[1], &d.event
	}
	if !c.opened {
		c.members, c.opened = d.list(f), true
	}
	return c
}

// list makes members of one side's fields, or both sides', each key once.
func (d *Data) list(sides ...*fields) []member {
	var list []member
	for _, s := range sides {
		for i := range s.list {
			list = append(list, member{s.list[i].key, d.value(&s.list[i])})
		}
	}
	return unique(list)
}

// openRoot lists everything: the profile's fields, the trigger's in the place of equally
// named ones, then the rest of the trigger's.
func (d *Data) openRoot() []member { return d.list(&d.profile, &d.event) }
