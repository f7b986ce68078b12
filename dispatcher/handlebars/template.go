// Package handlebars renders the parts of a webhook call that people write as templates:
// URLs, header values, form values and JSON bodies.
//
// A template is compiled once and executed for every step, by any number of goroutines at
// a time. Data can only ever fill the place an expression stands in: it cannot move the
// host of a URL, end a header, or add a member to a JSON body. The same template and data
// always give the same bytes, or the same error.
package handlebars

import "sort"

// Place is where in the request a template's output goes; it decides escaping.
type Place int

// The four places, each with its own rules for what an expression may put there.
const (
	URL Place = iota
	Header
	Form
	JSON
)

// Limits of templates and of what they may produce.
const (
	maxSource  = 64 << 10
	maxNesting = 32
	maxSteps   = 200_000
	maxLine    = 8 << 10 // bytes of one URL or header value
	maxBody    = 1 << 20 // bytes of one JSON body or form value
	maxDepth   = 64      // of JSON, both read and written
)

// Options widens what Compile accepts.
type Options struct {
	AllowDynamicHost bool // expressions in the host of a URL (C18)
	AllowHTTP        bool // http:// URL templates
}

// Template is a compiled template. It is safe for concurrent use.
type Template struct {
	source  string
	place   Place
	options Options
	nodes   []node
	slots   int // block parameters alive at once
	static  bool
	fields  []string
}

// Compile checks source for its place and prepares it for execution. A refusal is a
// *SyntaxError that says where and what to do.
func Compile(source string, place Place, o Options) (*Template, error) {
	c := compiler{source: source, place: place, options: o, fields: map[string]bool{}}
	t, err := c.compile()
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Static reports whether the template has no expressions, so that its output never changes.
func (t *Template) Static() bool { return t.static }

// Fields lists, sorted, the top-level names the template may read from profile or trigger.
// A name used inside a loop may also belong to the loop's element.
func (t *Template) Fields() []string { return append([]string(nil), t.fields...) }

// Execute appends the rendered text to dst. When the value is nothing but missing
// references (C14), or a JSON body renders to nothing (C46), present is false and out is
// dst. Form values are not form-encoded yet; a JSON body is compact. Errors are
// *RenderError, *URLError and *SkipError.
func (t *Template) Execute(dst []byte, data *Data) (out []byte, present bool, err error) {
	x := newExec(t, data, dst)
	defer x.release()
	present, err = x.render()
	if err != nil || !present {
		return dst, false, err
	}
	return x.out, true, nil
}

// ExecuteURL renders a URL template and appends the result to dst. To masked it appends the
// form for logs, in which fixed text stays and whatever expressions put there is … (C37).
func (t *Template) ExecuteURL(dst, masked []byte, data *Data) (url, logged []byte, err error) {
	url, logged, _, err = t.ExecuteURLNaming(dst, masked, data, "")
	return url, logged, err
}

// ExecuteURLNaming is ExecuteURL, and says whether the template's own text names a pair of the rendered query so.
// What expressions put into the query, with {{{x}}} also whole pairs, names nothing (C25).
func (t *Template) ExecuteURLNaming(dst, masked []byte, data *Data, name string) (url, logged []byte, named bool, err error) {
	x := newExec(t, data, dst)
	defer x.release()
	x.masking, x.masked, x.url.asked = true, masked, name
	if _, err = x.render(); err != nil {
		return dst, masked, false, err
	}
	return x.out, x.masked, x.url.named, nil
}

// Missing names the printed references that nobody has, in the order they are met.
// It executes the whole template and is meant for previews.
func (t *Template) Missing(data *Data) []string {
	x := newExec(t, data, nil)
	defer x.release()
	x.collect = true
	_, _ = x.render() // what was missing before an error is still worth showing
	return append([]string(nil), x.missing...)
}

func sortedNames(set map[string]bool) []string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
