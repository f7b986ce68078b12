package handlebars

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// arena decodes raw JSON into values and owns what they are made of.
type arena struct {
	containers []container
	store      []member
	scratch    []member // empty between two calls of take
}

// maxKept is how many members an arena keeps the room of. After data with larger lists than
// most it starts over, rather than clear all of that room for every step to come.
const maxKept = 4096

func (a *arena) reset() {
	if max(cap(a.containers), cap(a.store), cap(a.scratch)) > maxKept {
		*a = arena{}
	}
	clear(a.containers)
	clear(a.store)
	a.containers, a.store = a.containers[:0], a.store[:0]
}

// decode makes a value of valid JSON; arrays and objects stay closed.
func (a *arena) decode(raw string) value {
	switch raw[0] {
	case '"':
		return textValue(unquote(raw))
	case '{':
		return value{kind: object, text: raw, inner: a.container()}
	case '[':
		return value{kind: array, text: raw, inner: a.container()}
	case 't', 'f':
		return value{kind: boolean, text: raw}
	case 'n':
		return nullValue
	}
	return value{kind: number, text: raw}
}

func (a *arena) container() *container {
	if len(a.containers) == cap(a.containers) {
		a.containers = make([]container, 0, max(16, 2*cap(a.containers)))
	}
	a.containers = a.containers[:len(a.containers)+1]
	return &a.containers[len(a.containers)-1]
}

// take opens one level of an array or object.
func (a *arena) take(v value) []member {
	s, list := v.text, a.scratch[:0]
	for i := skipSpace(s, 1); s[i] != ']' && s[i] != '}'; {
		if len(list) == maxKept {
			list = slices.Grow(list, countMembers(s, i, v.kind == object))
		}
		var m member
		if v.kind == object {
			end, _ := skipString(s, i) // all of s was checked before
			m.key = unquote(s[i:end])
			i, _ = skipKey(s, i)
		}
		end, _ := skipValue(s, i, 0)
		m.value = a.decode(s[i:end])
		list = append(list, m)
		if i = skipSpace(s, end); s[i] == ',' {
			i = skipSpace(s, i+1)
		}
	}
	read := list
	if v.kind == object {
		list = unique(list)
	}
	if len(read) > maxKept {
		a.scratch = nil // the list is kept as it is
		return list
	}
	if cap(a.store)-len(a.store) < len(list) {
		a.store = make([]member, 0, max(64, 2*cap(a.store), len(list)))
	}
	start := len(a.store)
	a.store = append(a.store, list...)
	clear(read)
	a.scratch = read[:0]
	return a.store[start:len(a.store):len(a.store)]
}

// countMembers counts the elements, or keys and values, from s[i] on.
func countMembers(s string, i int, keyed bool) int {
	for n := 1; ; n++ {
		if keyed {
			i, _ = skipKey(s, i)
		}
		i, _ = skipValue(s, i, 0)
		if i = skipSpace(s, i); s[i] != ',' {
			return n
		}
		i = skipSpace(s, i+1)
	}
}

// members lists what an array or object consists of, and nothing for any other value.
func (d *Data) members(v value) []member {
	c := v.inner
	if c == nil {
		return nil
	}
	if !c.opened {
		c.opened = true
		if v.flags&isRoot != 0 {
			c.members = d.openRoot()
		} else {
			c.members = d.take(v)
		}
	}
	return c.members
}

// member looks one step down a path: a key of an object, an index or the length of an
// array or a text.
func (d *Data) member(v value, name string) value {
	switch v.kind {
	case object:
		if v.flags&isRoot != 0 {
			return d.plain(name, markOf(name))
		}
		return find(d.members(v), name)
	case array:
		list := d.members(v)
		if name == "length" || name == "size" {
			return intValue(len(list))
		}
		if i, ok := position(name); ok && i < len(list) {
			return list[i].value
		}
	case text:
		return character(v.text, name)
	}
	return nothing
}

// position reads a path segment that is an index.
func position(name string) (int, bool) {
	i, err := strconv.Atoi(name)
	return i, err == nil && name[0] >= '0' && name[0] <= '9'
}

// character is what a name stands for behind a text: its length or one of its characters.
func character(s, name string) value {
	if name == "length" {
		return intValue(runeCount(s))
	}
	index, ok := position(name)
	if !ok {
		return nothing
	}
	for at := range s {
		if index == 0 {
			_, size := utf8.DecodeRuneInString(s[at:])
			return textValue(s[at : at+size])
		}
		index--
	}
	return nothing
}

// unique moves the last of equal keys to the place of the first.
func unique(list []member) []member {
	if len(list) <= fewKeys {
		kept := list[:0]
		for _, m := range list {
			if i := indexOf(kept, m.key); i >= 0 {
				kept[i] = m
			} else {
				kept = append(kept, m)
			}
		}
		return kept
	}
	at, kept := make(map[string]int, len(list)), list[:0]
	for _, m := range list {
		if i, ok := at[m.key]; ok {
			kept[i] = m
			continue
		}
		at[m.key] = len(kept)
		kept = append(kept, m)
	}
	return kept
}

func indexOf(list []member, key string) int {
	for i := range list {
		if list[i].key == key {
			return i
		}
	}
	return -1
}
