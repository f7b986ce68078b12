package handlebars

import (
	"iter"
	"unicode/utf8"
)

// Object is an index over the top-level members of a JSON object, in their order, without
// decoding the values. Of members with equal keys the last one counts, at the first one's
// place. The zero value is the empty object.
type Object struct {
	raw    []byte
	fields fields
}

// fields is a list of members that is quick to search: those whose keys have equal marks modulo buckets
// are chained, the last one first.
type fields struct {
	heads [buckets]int32 // where each chain starts, counted from 1
	list  []field
}

const buckets = 64

// field is one top-level member, its value decoded when it is first used.
type field struct {
	key   string
	mark  uint32
	next  int32 // of its chain, counted from 1
	at    int   // where raw starts in the whole text
	raw   string
	value value
	ready bool
}

// ParseObject checks that raw is one JSON object, nested no deeper than 64 levels, and
// indexes it. Bytes that are no UTF-8 are an error. The object refers to raw, which must
// not change while it is in use.
func ParseObject(raw []byte) (Object, error) {
	o := Object{raw: raw}
	if err := o.fields.parse(raw); err != nil {
		return Object{}, err
	}
	o.fields.unify()
	return o, nil
}

// Len is the number of members.
func (o Object) Len() int { return len(o.fields.list) }

// All iterates over the members: the key decoded, the value as it was written.
func (o Object) All() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for i := range o.fields.list {
			if !yield(o.fields.list[i].key, o.value(&o.fields.list[i])) {
				return
			}
		}
	}
}

// Lookup returns the value of a member as it was written.
func (o Object) Lookup(key string) ([]byte, bool) {
	if f := o.fields.last(key, markOf(key)); f != nil {
		return o.value(f), true
	}
	return nil, false
}

func (o Object) value(f *field) []byte {
	end := f.at + len(f.raw)
	return o.raw[f.at:end:end]
}

// Compact appends valid JSON to dst without insignificant white space.
func Compact(dst, raw []byte) []byte { return appendCompact(dst, string(raw)) }

func (f *fields) add(one field) {
	one.mark = markOf(one.key)
	head := &f.heads[bucketOf(one.mark)]
	one.next = *head
	f.list = append(f.list, one)
	*head = int32(len(f.list))
}

func (f *fields) reset() {
	clear(f.list)
	*f = fields{list: f.list[:0]}
}

// parse adds the members of the object s, repeated keys included.
func (f *fields) parse(raw []byte) error {
	if !utf8.Valid(raw) {
		return errNotUTF8
	}
	s := string(raw)
	i := skipSpace(s, 0)
	if i >= len(s) || s[i] != '{' {
		return errNotObject
	}
	if i = skipSpace(s, i+1); i < len(s) && s[i] == '}' {
		return onlySpace(s, i+1)
	}
	for {
		start, err := skipKey(s, i)
		if err != nil {
			return err
		}
		keyEnd, _ := skipString(s, i) // skipKey has seen it is one
		key := unquote(s[i:keyEnd])
		if i, err = skipValue(s, start, 1); err != nil {
			return err
		}
		f.add(field{key: key, at: start, raw: s[start:i]})
		i = skipSpace(s, i)
		switch {
		case i < len(s) && s[i] == ',':
			i = skipSpace(s, i+1)
		case i < len(s) && s[i] == '}':
			return onlySpace(s, i+1)
		default:
			return jsonFault(i)
		}
	}
}

func onlySpace(s string, i int) error {
	if i = skipSpace(s, i); i < len(s) {
		return jsonFault(i)
	}
	return nil
}

// markOf is a cheap fingerprint that tells most different keys apart.
func markOf(key string) uint32 {
	n := len(key)
	if n == 0 {
		return 0
	}
	return uint32(key[0]) | uint32(key[n/2])<<8 | uint32(key[n-1])<<16 | uint32(n)<<24
}

func bucketOf(mark uint32) uint32 { return mark * 0x9E3779B1 / (1 << 32 / buckets) }

// last finds the last of the fields with this key.
func (f *fields) last(key string, mark uint32) *field {
	for i := f.heads[bucketOf(mark)]; i > 0; {
		one := &f.list[i-1]
		if one.mark == mark && one.key == key {
			return one
		}
		i = one.next
	}
	return nil
}

// become takes over the value of a member with the same key.
func (f *field) become(other field) {
	other.next = f.next
	*f = other
}

// fewKeys is how many keys are compared with each other rather than put into a map.
const fewKeys = 32

// unify moves the last of equal keys to the place of the first.
func (f *fields) unify() {
	var at map[string]int
	if len(f.list) > fewKeys {
		at = make(map[string]int, len(f.list))
	}
	kept := fields{list: f.list[:0]}
	for _, one := range f.list {
		if at == nil {
			if earlier := kept.last(one.key, markOf(one.key)); earlier != nil {
				earlier.become(one)
				continue
			}
		} else if i, ok := at[one.key]; ok {
			kept.list[i].become(one)
			continue
		} else {
			at[one.key] = len(kept.list)
		}
		kept.add(one)
	}
	*f = kept
}
