package handlebars

type kind uint8

const (
	missing kind = iota // nobody has it
	null
	boolean
	number
	text
	array
	object
)

type flags uint8

const (
	isJSON    flags = 1 << iota // text that is one JSON value, written as it is where a value is due
	isEncoded                   // text that is percent-encoded already
	isRoot                      // the merged view of trigger over profile
	isWritten                   // a number, true or false written in the template itself
)

// value is one JSON value, or nothing. Arrays and objects keep their JSON text and are
// taken apart one level at a time, when a template looks inside.
type value struct {
	kind  kind
	flags flags
	text  string // text: its characters; number, boolean: as written; array, object: raw JSON, if there is any
	inner *container
}

// container holds what an array or object is made of, once somebody looked.
type container struct {
	members []member
	opened  bool
}

// member is an element of an array, or a key and its value in an object.
type member struct {
	key   string
	value value
}

var (
	nothing   = value{}
	nullValue = value{kind: null}
)

func textValue(s string) value { return value{kind: text, text: s} }

func boolValue(b bool) value {
	if b {
		return value{kind: boolean, text: "true"}
	}
	return value{kind: boolean, text: "false"}
}

// truthy is what if, unless, and, or, not and sections go by: missing, null, false, 0, ""
// and an empty array are not.
func (x *exec) truthy(v value) bool {
	switch v.kind {
	case boolean:
		return v.text == "true"
	case number:
		return x.step(len(v.text)/256) && !isZero(v.text)
	case text:
		return v.text != ""
	case array:
		return len(x.data.members(v)) > 0
	case object:
		return true
	}
	return false
}

// same is the equality of eq: deep and typed, null and missing alike.
func (x *exec) same(a, b value) bool {
	if a.kind <= null || b.kind <= null {
		return a.kind <= null && b.kind <= null
	}
	if a.kind != b.kind || !x.step(1) {
		return false
	}
	switch a.kind {
	case number:
		return x.step((len(a.text)+len(b.text))/256) && compareNumbers(a.text, b.text) == 0
	case text:
		return len(a.text) == len(b.text) && x.step(len(a.text)/4096) && a.text == b.text
	case array, object:
		return x.sameMembers(x.data.members(a), x.data.members(b), a.kind == object)
	}
	return a.text == b.text
}

func (x *exec) sameMembers(a, b []member, keyed bool) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		other := b[i].value
		if keyed && b[i].key != a[i].key {
			if !x.step(1 + len(b)/32) {
				return false
			}
			other = find(b, a[i].key)
		}
		if (a[i].value.kind == missing) != (other.kind == missing) || !x.same(a[i].value, other) {
			return false
		}
	}
	return true
}

// find looks a key up among the members of an object; of equal keys the last one counts.
func find(members []member, key string) value {
	for i := len(members) - 1; i >= 0; i-- {
		if members[i].key == key {
			return members[i].value
		}
	}
	return nothing
}
