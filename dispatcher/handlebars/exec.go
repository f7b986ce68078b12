package handlebars

import (
	"sync"
	"unicode/utf8"
)

// exec is one execution of a template.
type exec struct {
	t       *Template
	data    *Data
	place   Place
	out     []byte
	base    int // where this template's output starts in out
	limit   int
	steps   int
	err     error
	context []value // from the outermost in
	loops   []loop
	slots   []value
	args    []value
	options []value // the named arguments of the helper that runs

	blame   string // the reference that made the last value missing or null
	slot    slot
	collect bool     // keep the names of what is missing
	missing []string // printed references that nobody has

	json    jsonWriter
	url     urlWriter
	masking bool   // write masked too
	masked  []byte // the URL for logs
	scratch []byte
	pieces  arena // of the JSON text being printed
}

// loop is where an each stands.
type loop struct {
	index, count int
	key          string
	keyed        bool
}

// slot watches one value of the output: it is left out when references were missing in it
// and nothing else is there (C14). plain means that not all of it was percent-encoded.
type slot struct{ missing, solid, plain bool }

func (s slot) absent() bool { return s.missing && !s.solid }

var execs = sync.Pool{New: func() any { return new(exec) }}

func newExec(t *Template, data *Data, dst []byte) *exec {
	x := execs.Get().(*exec)
	if data == nil {
		data = new(Data)
		data.root = value{kind: object, flags: isRoot, inner: &data.merged}
	}
	x.t, x.data, x.place, x.out, x.base = t, data, t.place, dst, len(dst)
	x.limit = maxBody
	if t.place == URL || t.place == Header {
		x.limit = maxLine
	}
	x.steps, x.slot, x.url = 0, slot{}, urlWriter{}
	x.masking, x.collect = false, false
	x.context = append(x.context, data.root)
	if cap(x.slots) < t.slots {
		x.slots = make([]value, t.slots)
	}
	x.slots = x.slots[:t.slots]
	return x
}

// release forgets everything that belongs to the caller and keeps the memory. What was
// pushed was popped, so of the stacks only the bottom is in use.
func (x *exec) release() {
	x.t, x.data, x.out, x.masked, x.err, x.blame = nil, nil, nil, nil, nil, ""
	x.context[0] = value{}
	x.context, x.loops = x.context[:0], x.loops[:0]
	clear(x.slots)
	clear(x.missing)
	x.missing = x.missing[:0]
	x.json.reset()
	if cap(x.scratch) > maxBody {
		x.scratch = nil
	}
	execs.Put(x)
}

func (x *exec) render() (present bool, err error) {
	x.run(x.t.nodes)
	if x.err == nil {
		x.finish()
	}
	if x.err != nil {
		return false, x.err
	}
	switch x.place {
	case JSON:
		return len(x.out) > x.base, nil
	case URL:
		return true, nil
	}
	return !x.slot.absent(), nil
}

// finish settles what only the end of the output tells.
func (x *exec) finish() {
	switch x.place {
	case URL:
		x.endURL()
	case JSON:
		x.endJSON()
	case Header:
		x.out = append(x.out[:x.base], oneLine(x.out[x.base:])...)
	}
	x.withinLimit()
	if !utf8.Valid(x.out[x.base:]) {
		x.fail(errHalfPair)
	}
}

// oneLine makes every run of control bytes one space, in place.
func oneLine(value []byte) []byte {
	line, inRun := value[:0], false
	for _, c := range value {
		control := c < ' ' || c == 0x7F
		if control && !inRun {
			line = append(line, ' ')
		} else if !control {
			line = append(line, c)
		}
		inRun = control
	}
	return line
}

func (x *exec) fail(err error) {
	if x.err == nil {
		x.err = err
	}
}

// step spends steps and reports whether there are any left.
func (x *exec) step(n int) bool {
	x.steps += n
	if x.steps > maxSteps {
		x.fail(&RenderError{Message: "the template takes more than 200,000 steps for this user; shorten its loops"})
	}
	return x.err == nil
}

func (x *exec) withinLimit() {
	if len(x.out)-x.base <= x.limit {
		return
	}
	message := "the rendered value is larger than 8 KiB"
	switch x.place {
	case JSON:
		message = "the rendered body is larger than 1 MiB"
	case Form:
		message = "the rendered value is larger than 1 MiB"
	case URL:
		message = "the rendered URL is longer than 8 KiB"
	}
	x.fail(&RenderError{Message: message})
}

func (x *exec) run(nodes []node) {
	for i := range nodes {
		switch n := &nodes[i]; n.kind {
		case nodeText:
			x.writeText(n)
		case nodeJSON:
			x.writeToken(n)
		case nodePrint:
			if x.step(1) {
				x.print(n)
			}
			x.withinLimit()
		default:
			if x.step(1) {
				x.runBlock(n)
			}
		}
		if x.err != nil {
			return
		}
	}
}
