package console

import "testing"

// RFC 7396: what it says of each kind of member, and digits that a float could not hold.
func TestMergePatch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ target, patch, want string }{
		"a member is replaced":                   {`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		"one is added":                           {`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		"null removes":                           {`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		"null for what is not there is nothing":  {`{"a":"b"}`, `{"c":null}`, `{"a":"b"}`},
		"objects merge":                          {`{"a":{"b":"c","d":1}}`, `{"a":{"b":"d","d":null}}`, `{"a":{"b":"d"}}`},
		"lists are replaced whole":               {`{"a":[1,2,3]}`, `{"a":[4]}`, `{"a":[4]}`},
		"an object over something else is a new": {`{"a":"foo"}`, `{"a":{"b":{"c":null}}}`, `{"a":{"b":{}}}`},
		"digits stay":                            {`{"a":9007199254740993}`, `{"b":1.10}`, `{"a":9007199254740993,"b":1.10}`},
		"a list is no patch":                     {`{}`, `[]`, ""},
		"nor is text behind one":                 {`{}`, `{} {}`, ""},
		"half of a character is none":            {`{}`, `{"a":"\ud800"}`, ""},
		"a whole one is":                         {`{}`, `{"a":"\ud83d\ude00"}`, `{"a":"😀"}`},
		"nor null":                               {`{}`, `null`, ""},
	} {
		got, err := mergePatch([]byte(c.target), []byte(c.patch))
		if (err != nil) != (c.want == "") || err == nil && string(got) != c.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
		}
	}
}
