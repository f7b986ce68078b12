package console

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/journeyhook/journeyhook/schema"
)

// field is one of a form's fields, as its template shows it.
type field struct {
	Name, Label, Help, Value, Fault string
	On                              bool // of a checkbox
	Stored                          bool // a secret that is kept while nobody writes over it
}

// row is one row of a list.
type row struct {
	List        string
	N           string
	Name, Value field
	Secret      bool
}

// F is a field by its name.
func (f *form) F(name, label, help string) field {
	value := f.Values.Get(name)
	return field{Name: name, Label: label, Help: help, Value: value, Fault: f.At(name), On: f.Values.Has(name), Stored: value == schema.Masked}
}

// Is reports whether a field has a value, of a list of choices.
func (f *form) Is(name, value string) bool { return f.Values.Get(name) == value }

// Rows are those of a list that have something in them.
func (f *form) Rows(list string) []row {
	var all []row
	for _, n := range rowsOf(f.Values, list) {
		if r := f.row(list, strconv.Itoa(n)); r.Name.Value+r.Value.Value != "" || r.Secret || r.Name.Fault+r.Value.Fault != "" {
			all = append(all, r)
		}
	}
	return all
}

// Spare are empty rows for whoever has no script to add one.
func (f *form) Spare(list string) []row {
	first := 0
	if used := rowsOf(f.Values, list); len(used) > 0 {
		first = used[len(used)-1] + 1
	}
	var all []row
	for n := first; n < first+3; n++ {
		all = append(all, f.row(list, strconv.Itoa(n)))
	}
	return all
}

// Blank is the row that the script makes new ones of.
func (f *form) Blank(list string) row { return f.row(list, "NEW") }

func (f *form) row(list, n string) row {
	at := list + "." + n
	r := row{List: list, N: n, Name: f.F(at+".name", "", ""), Value: f.F(at+".value", "", ""), Secret: f.Values.Has(at + ".secret")}
	if list == "body.userFields" || list == "signing.secrets" {
		r.Value = f.F(at, "", "")
	}
	return r
}

// At is what is wrong with a field.
func (f *form) At(name string) string {
	var all []string
	for _, fault := range f.Faults {
		if slotOf(fault.Field) == name {
			all = append(all, fault.Message)
		}
	}
	return strings.Join(all, "; ")
}

// slots are the fields that have a place for what is wrong with them, beside those in rows.
var slots = []string{
	"name", "id", "destination", "method", "endpoint", "auth", "auth.type", "auth.token", "auth.clientId", "auth.clientSecret", "auth.tokenUrl",
	"auth.scope", "auth.audience", "auth.params", "headers", "body", "body.json", "body.userFields", "body.form", "success", "retry.statuses",
	"retry.delay", "retry.max", "timeout", "limits.rate", "limits.concurrency", "signing.secrets", "sample",
}

var rowSlot = regexp.MustCompile(`^((headers|auth\.params|body\.form)\.\d+\.(name|value)|(body\.userFields|signing\.secrets)\.\d+)$`)

// slotOf is where to say a fault: at its field, or else at what holds it, or "" above the form.
func slotOf(name string) string {
	for name != "" && !slices.Contains(slots, name) && !rowSlot.MatchString(name) {
		name = name[:max(strings.LastIndexByte(name, '.'), 0)]
	}
	return name
}

// Destinations are all there are to choose from.
func (f *form) Destinations() []string { return schema.Destinations }

// Methods are all there are to choose from.
func (f *form) Methods() []string { return schema.Methods }

// Advanced reports whether something in the folded part asks to be seen.
func (f *form) Advanced() bool {
	return slices.ContainsFunc(f.Faults, func(p placedFault) bool {
		for _, part := range []string{"success", "retry", "timeout", "limits", "signing", "log"} {
			if strings.HasPrefix(p.Field, part) {
				return true
			}
		}
		return false
	})
}
