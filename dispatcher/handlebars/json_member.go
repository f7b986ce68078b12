package handlebars

import "bytes"

func (x *exec) startString() {
	x.json.start = len(x.out)
	x.slot = slot{}
	x.out = append(x.out, '"')
}

// startMember notes where an element or a key begins and separates it from the one before.
// The value behind a colon starts no member.
func (x *exec) startMember(f *jsonFrame) {
	if f == nil {
		return
	}
	if f.open == '{' && x.out[len(x.out)-1] == ':' {
		return
	}
	f.member = len(x.out)
	if f.count > 0 {
		x.out = append(x.out, ',')
	}
}

// endMember settles whether the member just written stays.
func (x *exec) endMember(f *jsonFrame) {
	if f == nil {
		return
	}
	if f.dropped {
		x.dropMember(f)
		return
	}
	f.count++
}

// dropMember takes back what was written of a member, which the limit of the output does not
// bound: it costs steps.
func (x *exec) dropMember(f *jsonFrame) {
	if f == nil {
		x.out = x.out[:x.base]
		return
	}
	x.step((len(x.out) - f.member) / 256)
	if f.open == '{' && !f.dropped && !f.known {
		if f.seen != nil {
			last := x.json.keys[len(x.json.keys)-1]
			delete(f.seen, string(x.out[last.from:last.to]))
		}
		x.json.keys = x.json.keys[:len(x.json.keys)-1]
	}
	f.dropped = false
	x.out = x.out[:f.member]
}

// newKey refuses a key that the object has already: data must not override a member.
func (x *exec) newKey(f *jsonFrame, from, to int) {
	if f.known {
		return
	}
	key := x.out[from:to]
	keys := x.json.keys[f.keys:]
	if len(keys) == fewKeys && f.seen == nil {
		f.seen = make(map[string]struct{}, 4*fewKeys)
		for _, k := range keys {
			f.seen[string(x.out[k.from:k.to])] = struct{}{}
		}
	}
	found := false
	if f.seen != nil {
		_, found = f.seen[string(key)]
		f.seen[string(key)] = struct{}{}
	} else {
		for _, k := range keys {
			if k.to-k.from == len(key) && bytes.Equal(x.out[k.from:k.to], key) {
				found = true
			}
		}
	}
	if found {
		x.fail(&RenderError{Message: "for this user the body has the same key twice in one object"})
		return
	}
	x.json.keys = append(x.json.keys, span{from, to})
}

// endString ends a string with expressions in it. One of nothing but missing references
// takes its key, its element or its member along (C14).
func (x *exec) endString(f *jsonFrame, state jsonState) {
	if !x.json.bare {
		x.out = append(x.out, '"')
	}
	x.json.bare = false
	absent := x.slot.absent()
	x.slot = slot{}
	switch {
	case state == inKey && absent:
		f.dropped = true
	case state == inKey && !f.dropped:
		x.newKey(f, x.json.start, len(x.out))
	case state == inText && absent:
		x.dropMember(f)
	case state == inText:
		x.endMember(f)
	}
}
