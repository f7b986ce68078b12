package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Diff lists the fields in which two definitions differ, either of which may be nil; one that can't be read has none. Secrets are ***
// on both sides; one that was written as *** is unchanged. So is, for the reader, the value of a header that
// is secret on one side only.
func Diff(before, after *Webhook) []Difference {
	diff := []Difference{}
	walk(&diff, "", showable(before, after), showable(after, before))
	for _, path := range changedSecrets(before, after) {
		if !slices.ContainsFunc(diff, func(d Difference) bool { return strings.HasPrefix(path, d.Path) }) {
			diff = append(diff, Difference{Path: path, Old: Masked, New: Masked})
		}
	}
	slices.SortStableFunc(diff, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return diff
}

// showable is a definition as JSON values without secrets.
func showable(w, other *Webhook) any {
	if w == nil || w.Unreadable {
		return map[string]any{}
	}
	w = w.Clone()
	for i := range w.Headers {
		h := &w.Headers[i]
		if h.Secret || other != nil && other.hasSecretHeader(h.Name) {
			h.Value = SecretValue(Masked)
		}
	}
	for _, s := range w.Secrets() {
		*s = NewSecret(Masked)
	}
	raw, err := json.Marshal(w)
	if err != nil {
		return map[string]any{}
	}
	var doc map[string]any
	if json.Unmarshal(raw, &doc) != nil {
		return map[string]any{}
	}
	return doc
}

func (w *Webhook) hasSecretHeader(name string) bool {
	return slices.ContainsFunc(w.Headers, func(h Header) bool { return h.Secret && canonical(h.Name) == canonical(name) })
}

// changedSecrets are the paths of after's secrets that before has in another form.
func changedSecrets(before, after *Webhook) []string {
	if before == nil || after == nil {
		return nil
	}
	var paths []string
	old := before.Secrets()
	for path, s := range after.Secrets() {
		o, had := old[path]
		if !had || s.IsMasked() || *o == *s {
			continue
		}
		if name, ok := strings.CutPrefix(path, "headers."); ok {
			at := slices.IndexFunc(after.Headers, func(h Header) bool { return canonical(h.Name) == name })
			path = fmt.Sprintf("headers[%d].value", at)
		}
		paths = append(paths, path)
	}
	return paths
}

// walk compares JSON values and notes the smallest parts that differ.
func walk(diff *[]Difference, path string, before, after any) {
	if old, ok := before.(map[string]any); ok {
		if now, ok := after.(map[string]any); ok {
			walkObjects(diff, path, old, now)
			return
		}
	}
	if old, ok := before.([]any); ok {
		if now, ok := after.([]any); ok {
			walkLists(diff, path, old, now)
			return
		}
	}
	if !reflect.DeepEqual(before, after) {
		*diff = append(*diff, Difference{Path: path, Old: before, New: after})
	}
}

func walkObjects(diff *[]Difference, path string, old, now map[string]any) {
	keys := maps.Clone(old)
	maps.Copy(keys, now)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		walk(diff, strings.TrimPrefix(path+"."+key, "."), old[key], now[key])
	}
}

func walkLists(diff *[]Difference, path string, old, now []any) {
	for i := range max(len(old), len(now)) {
		var a, b any
		if i < len(old) {
			a = old[i]
		}
		if i < len(now) {
			b = now[i]
		}
		walk(diff, path+"["+strconv.Itoa(i)+"]", a, b)
	}
}
