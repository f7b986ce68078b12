package redact

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// places finds many things in one text without reading the text for each: it knows where every four bytes
// stand. Upper and lower case of ASCII letters are the same to it.
type places struct {
	text  []byte               // in lower case
	cut   bool                 // what the text begins and does not end is found too
	last  [1 << hashBits]int32 // by the hash of four bytes: their last place, counted from 1
	other []int32              // by place: the one before it with the same hash
	cost  int                  // of all looking so far, about one for each place looked at
}

const (
	gram     = 4
	hashBits = 12

	comparedAtOnce = 64 // bytes, in the time that finding a place takes
)

func hash(b []byte) uint32 { return binary.LittleEndian.Uint32(b) * 2654435769 >> (32 - hashBits) }

func newPlaces(text []byte, cut bool) *places {
	p := &places{text: folded(text), cut: cut, other: make([]int32, len(text))}
	for i := range len(text) - gram + 1 {
		h := hash(p.text[i:])
		p.other[i], p.last[h] = p.last[h], int32(i+1)
	}
	return p
}

// each calls f for every place of form, also for those that overlap. Of what a cut text only begins, it finds
// no fewer than four bytes.
func (p *places) each(form []byte, f func(start, end int)) {
	form = folded(form)
	if len(form) < gram {
		p.eachShort(form, f)
		return
	}
	for place := p.last[hash(form)]; place > 0; place = p.other[place-1] {
		start := int(place) - 1
		rest := p.text[start:]
		n := min(len(form), len(rest))
		p.cost += 1 + n/comparedAtOnce
		if (n == len(form) || p.cut) && bytes.Equal(form[:n], rest[:n]) {
			f(start, start+n)
		}
	}
}

func (p *places) eachShort(form []byte, f func(start, end int)) {
	for start := 0; ; start++ {
		at := bytes.Index(p.text[start:], form)
		if at < 0 {
			return
		}
		start += at
		f(start, start+len(form))
	}
}

// folded is a text in lower case, as far as it is ASCII.
func folded(text []byte) []byte {
	upper := func(c byte) bool { return 'A' <= c && c <= 'Z' }
	first := slices.IndexFunc(text, upper)
	if first < 0 {
		return text
	}
	lower := bytes.Clone(text)
	for i := first; i < len(lower); i++ {
		if upper(lower[i]) {
			lower[i] |= 0x20
		}
	}
	return lower
}
