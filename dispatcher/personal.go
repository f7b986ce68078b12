package dispatcher

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/journeyhook/journeyhook/internal/formtext"
	"github.com/journeyhook/journeyhook/schema"
)

// leastPersonal is how long a value must be to be looked for in an answer: shorter ones are too common
// to tell anything about a person.
const leastPersonal = 4

// values are the different texts and numbers that an answer could echo about a user.
type values struct {
	all  []string
	seen map[string]struct{}
}

func (v *values) add(text string) {
	if _, ok := v.seen[text]; ok || len(text) < leastPersonal {
		return
	}
	v.seen[text] = struct{}{}
	v.all = append(v.all, text)
}

// personal lists what an answer could echo about the user: the email, the id, every text and number of the
// profile and of the trigger's data, and what the templates made of them. It is only asked for failures.
func (r *request) personal() []string {
	v := values{seen: map[string]struct{}{}}
	v.add(r.step.User.Email)
	v.add(r.step.User.UserID)
	eachLeaf(r.step.User.Profile, v.add)
	eachLeaf(r.step.Trigger.DataFields, v.add)
	own := factsOf(r.step)
	r.eachSent(func(text string) {
		if !own[text] {
			v.add(text)
		}
	})
	return v.all
}

// factsOf are the forms in which a request may have what is known of the step itself, which tells nothing about a person.
func factsOf(s *schema.Step) map[string]bool {
	all := map[string]bool{}
	for _, fact := range []string{s.ID, strconv.FormatInt(s.WorkflowID, 10), s.Tile.ID, s.WebhookID, s.ProjectID, s.ReachedAt.UTC().Format(time.RFC3339Nano)} {
		encoded := string(formtext.Append(nil, fact))
		all[fact], all[encoded] = true, true
	}
	return all
}

// eachSent calls f for the values in the URL, the headers and the body, but for those that the webhook
// spells out itself, which tell nothing about anybody.
func (r *request) eachSent(f func(string)) {
	fixed := setOf(urlParts(r.loggedURL))
	for _, part := range urlParts(r.url.String()) {
		if !fixed[part] {
			f(part)
		}
	}
	for _, h := range r.plan.headers {
		for _, value := range r.header[h.name] {
			if !h.value.Static() && !h.secret {
				f(value)
			}
		}
	}
	if r.plan.hook.Body.Type == schema.BodyURLEncoded {
		r.eachFormValue(f)
		return
	}
	fixed = setOf(strings.Split(r.plan.hook.Body.JSON, `"`))
	eachLeaf(r.body, func(leaf string) {
		if !fixed[leaf] {
			f(leaf)
		}
	})
}

// eachFormValue calls f for the values of the pairs that have expressions.
func (r *request) eachFormValue(f func(string)) {
	fixed := map[string]bool{}
	for _, pair := range r.plan.form {
		if pair.value.Static() {
			fixed[string(pair.key)] = true
		}
	}
	for pair := range strings.SplitSeq(string(r.body), "&") {
		if name, value, _ := strings.Cut(pair, "="); !fixed[name] {
			f(value)
		}
	}
}

func setOf(texts []string) map[string]bool {
	set := make(map[string]bool, len(texts))
	for _, text := range texts {
		set[text] = true
	}
	return set
}

// urlParts are what separators of a URL have between them, still encoded.
func urlParts(u string) []string {
	return strings.FieldsFunc(u, func(c rune) bool { return strings.ContainsRune("/?#&=", c) })
}

// eachLeaf calls f for every text and number in a JSON document.
func eachLeaf(raw json.RawMessage, f func(string)) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) == nil {
		eachLeafOf(v, f)
	}
}

func eachLeafOf(v any, f func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			eachLeafOf(inner, f)
		}
	case []any:
		for _, inner := range v {
			eachLeafOf(inner, f)
		}
	case string:
		f(v)
	case json.Number:
		f(v.String())
	}
}
