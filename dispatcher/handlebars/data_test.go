package handlebars

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"testing"
)

func TestSides(t *testing.T) {
	t.Parallel()
	profile := `{"city":"SF","email":"old@h.example","event":{"kind":"p"},"only":1,"userId":"x","n":null}`
	event := `{"city":"Boston","email":"trigger@h.example","profile":{"city":"no"},"total":2,"m":null,"event":{"name":"e"}}`
	data, err := NewData([]byte(profile), []byte(event), User{Email: "me@h.example", UserID: "u_1"}, reached)
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		`{{city}} {{profile.city}} {{event.city}}`:              "Boston SF Boston",
		`{{email}} {{profile.email}} {{event.email}}`:           "trigger@h.example me@h.example trigger@h.example",
		`{{userId}} {{profile.userId}}`:                         "u_1 u_1",
		`{{event.name}} {{event.total}} {{this.event}}`:         `e 2 {"name":"e"}`,
		`{{this.profile}} {{@root.profile.city}}`:               `{"city":"no"} no`,
		`{{profile.only}}{{event.only}}{{profile.total}}|`:      "1|",
		`{{#with profile}}{{city}}{{email}}{{/with}}`:           "SFme@h.example",
		`{{#each profile}}{{@key}} {{/each}}`:                   "city email event only userId n ",
		`{{#each this}}{{@key}} {{/each}}`:                      "city email event only userId n profile total m ",
		`{{#each (lookup this "profile")}}{{../city}}{{/each}}`: "Boston",
		`{{#if n}}{{else}}null{{/if}}{{n}}{{m}}`:                "null",
	} {
		out, _, err := compiled(t, source, Form).Execute(nil, data)
		if err != nil || string(out) != want {
			t.Errorf("%s: got %q, %v, want %q", source, out, err, want)
		}
	}
}

// TestProfileWithAnEvent holds event to the trigger, where there is one.
func TestProfileWithAnEvent(t *testing.T) {
	t.Parallel()
	profile := `{"event":{"name":"Expo","city":"Bonn"},"name":"Pat"}`
	const source = `{{event.name}} {{event.city}} {{lookup event "name"}}|{{#with event}}{{name}}{{/with}}|{{this.event.name}}`
	for trigger, want := range map[string]string{
		`{"name":"Purchase"}`:                    "Purchase  Purchase|Purchase|Expo",
		`{"total":1}`:                            "  |Pat|Expo",
		`{"name":"Purchase","event":{"id":7}}`:   "Purchase  |Purchase|",
		`{"name":"Buy","event":{"name":"Sale"}}`: "Sale  Sale|Sale|Sale",
		`{"name":"Purchase","event":"sale"}`:     "Purchase  |Purchase|",
		`{}`:                                     "Expo Bonn Expo|Expo|Expo",
		`null`:                                   "Expo Bonn Expo|Expo|Expo",
	} {
		if got := renderExample(t, source, Form, profile, trigger); got != want {
			t.Errorf("%s: got %s, want %s", trigger, got, want)
		}
	}
	if got := renderExample(t, `{{event}} {{event.total}}`, Form, `{"event":"Expo"}`, `{"total":1}`); got != "Expo 1" {
		t.Errorf("a text called event: %s", got)
	}
}

func TestNoTrigger(t *testing.T) {
	t.Parallel()
	data, err := NewData([]byte(`{"a":1}`), []byte("null"), User{}, reached)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := compiled(t, `{{event}}{{event.a}}{{#if event}}x{{/if}}`, Form)
	if out, present, err := tmpl.Execute(nil, data); present || err != nil {
		t.Errorf("%s %v", out, err)
	}
}

// TestReset uses one Data for step after step: nothing of the one before may show.
func TestReset(t *testing.T) {
	t.Parallel()
	tmpl := compiled(t, `{{a.b.[0].c}} {{email}} {{x}} {{#each this}}{{@key}}{{/each}}`, Form)
	var data Data
	for _, step := range []struct{ profile, event, email, want string }{
		{`{"a":{"b":[{"c":1}]},"x":[1]}`, `{"x":2}`, "e", "1 e 2 axemail"},
		{``, ``, "", "   "},
		{`{"x":3}`, ``, "f", " f 3 xemail"},
		{`{"a":{"b":[{"c":[4]}]}}`, `{"a":{"b":[{"c":5}]}}`, "", "5   a"},
	} {
		if err := data.Reset([]byte(step.profile), []byte(step.event), User{Email: step.email}, reached); err != nil {
			t.Fatal(err)
		}
		out, present, err := tmpl.Execute(nil, &data)
		if err != nil || present && string(out) != step.want {
			t.Errorf("got %q, %v, want %q", out, err, step.want)
		}
	}
}

// TestSharedTemplate executes one template from many goroutines, each with its own data.
func TestSharedTemplate(t *testing.T) {
	t.Parallel()
	tmpl := compiled(t, benchTemplates[3].source, JSON)
	want, _, err := tmpl.Execute(nil, dataOf(t, []byte(benchProfile)))
	if err != nil {
		t.Fatal(err)
	}
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for range 200 {
				got, _, err := tmpl.Execute(nil, dataOf(t, []byte(benchProfile)))
				if err != nil || string(got) != string(want) {
					t.Fatalf("%s %v", got, err)
				}
			}
		})
	}
}

func TestObject(t *testing.T) {
	t.Parallel()
	raw := []byte(` {"b" : [1, 2] ,"a\u0062":"x","b":{"c":null}, "":1.50} `)
	o, err := ParseObject(raw)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for key, value := range o.All() {
		got += key + "=" + string(value) + ";"
	}
	if want := `b={"c":null};ab="x";=1.50;`; got != want || o.Len() != 3 {
		t.Errorf("got %s, want %s", got, want)
	}
	if value, ok := o.Lookup("ab"); !ok || string(value) != `"x"` {
		t.Errorf("%s %v", value, ok)
	}
	if _, ok := o.Lookup("c"); ok {
		t.Error("c is found")
	}
	if out := Compact([]byte("x"), raw); string(out) != `x{"b":[1,2],"a\u0062":"x","b":{"c":null},"":1.50}` {
		t.Errorf("%s", out)
	}
}

func TestDecodesOnlyWhatIsUsed(t *testing.T) {
	t.Parallel()
	data := dataOf(t, []byte(contractData))
	if _, _, err := compiled(t, `{"a": {{addr}} ,"b":"{{age}}"}`, JSON).Execute(nil, data); err != nil {
		t.Fatal(err)
	}
	for _, f := range data.profile.list {
		if want := f.key == "addr" || f.key == "age"; f.ready != want || f.value.inner != nil && f.value.inner.opened {
			t.Errorf("%s: decoded %v", f.key, f.ready)
		}
	}
}

// TestObjectFindsEveryKey holds objects of many sizes with repeated keys against a map.
func TestObjectFindsEveryKey(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, fewKeys, fewKeys + 1, 64, 65, 2000} {
		want := map[string]string{}
		var order []string
		raw := []byte("{")
		for i := range size {
			key := "k" + strconv.Itoa(i*7%max(size*2/3, 1)) // a third of them stands there twice
			if _, repeated := want[key]; !repeated {
				order = append(order, key)
			}
			want[key] = strconv.Itoa(i)
			raw = fmt.Appendf(raw, "%q:%d,", key, i)
		}
		o, err := ParseObject(append(bytes.TrimSuffix(raw, []byte(",")), '}'))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for key := range o.All() {
			got = append(got, key)
			if v, ok := o.Lookup(key); !ok || string(v) != want[key] {
				t.Errorf("%d members: %s is %s, %v; want %s", size, key, v, ok, want[key])
			}
		}
		if !slices.Equal(got, order) {
			t.Errorf("%d members: the order is %v, want %v", size, got, order)
		}
		if _, ok := o.Lookup("absent"); ok {
			t.Errorf("%d members: finds one that is not there", size)
		}
	}
}
