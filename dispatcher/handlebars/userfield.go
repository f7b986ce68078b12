package handlebars

// AppendString appends s as a JSON string.
func AppendString(dst []byte, s string) []byte {
	return append(appendEscaped(append(dst, '"'), s), '"')
}

// UserField is a field of the user as JSON, as it was written: the profile's, or the
// trigger's where the profile has none (C12). The user's own email and userId count as the
// profile's.
func (d *Data) UserField(name string) (raw []byte, ok bool) {
	mark := markOf(name)
	f := d.profile.last(name, mark)
	if f == nil {
		f = d.event.last(name, mark)
	}
	if f == nil {
		return nil, false
	}
	if f.raw == "" {
		return AppendString(nil, f.value.text), true
	}
	return []byte(f.raw), true
}
