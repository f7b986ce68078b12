package dispatcher

import "github.com/journeyhook/journeyhook/dispatcher/handlebars"

// merger writes a JSON object's members, each key once.
type merger struct {
	out  []byte
	keys []string
	seen map[string]struct{} // used when the keys are many
}

// fewKeys is how many keys are looked through faster than hashed.
const fewKeys = 24

// addNew adds a member unless its key is there already.
func (m *merger) addNew(key string, value []byte) {
	if !m.has(key) {
		m.add(key, value)
	}
}

func (m *merger) has(key string) bool {
	if m.seen != nil {
		_, ok := m.seen[key]
		return ok
	}
	for _, k := range m.keys {
		if k == key {
			return true
		}
	}
	return false
}

func (m *merger) add(key string, value []byte) {
	if len(m.keys) > 0 {
		m.out = append(m.out, ',')
	}
	m.remember(key)
	m.out = handlebars.AppendString(m.out, key)
	m.out = append(m.out, ':')
	m.out = handlebars.Compact(m.out, value)
}

func (m *merger) remember(key string) {
	m.keys = append(m.keys, key)
	if m.seen == nil && len(m.keys) > fewKeys {
		m.seen = make(map[string]struct{}, 4*fewKeys)
		for _, k := range m.keys {
			m.seen[k] = struct{}{}
		}
	}
	if m.seen != nil {
		m.seen[key] = struct{}{}
	}
}
