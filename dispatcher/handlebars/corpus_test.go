package handlebars

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// reached is the time every test's step was reached.
var reached = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// corpusCase is one line of a corpus.
type corpusCase struct {
	ID           string          `json:"id"`
	Scope        string          `json:"scope"`
	Template     string          `json:"template"`
	Data         json.RawMessage `json:"data"`
	Expected     *string         `json:"expected"`
	Error        string          `json:"error"`
	Product      *string         `json:"product"`
	ProductWhy   string          `json:"product_why"`
	ProductError string          `json:"product_error"`

	Context   string   `json:"context"`
	Output    string   `json:"output"`
	Missing   []string `json:"missing"`
	Omitted   bool     `json:"omitted"`
	SaveError string   `json:"save_error"`
	RunError  string   `json:"run_error"`
}

func readCorpus(t testing.TB, name string) []corpusCase {
	t.Helper()
	f, err := os.Open("testdata/" + name + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []corpusCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c corpusCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

// dataOf makes any JSON value what a template sees; objects are the profile.
func dataOf(t testing.TB, raw []byte) *Data {
	t.Helper()
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] == '{' {
		d, err := NewData(raw, nil, User{}, reached)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d, _ := NewData(nil, nil, User{}, reached)
	if len(raw) > 0 {
		d.root = d.decode(string(raw))
	}
	return d
}

// contractData is the data of every contract case. The corpus has it with its keys sorted and
// 1289.50 shortened; the expected output shows what it was.
const contractData = `{
	"userId": "u_1", "firstName": "Pat", "lastName": "O'Brien & Sons", "email": "pat.o'brien+news@example.co.uk",
	"age": 34, "ltv": 1289.50, "bigId": 9007199254740993, "zipNum": 2139, "visits": 0, "isVip": true, "optedOut": false,
	"nick": "", "mid": null, "city": "São Paulo", "amp": "a&b=c", "html": "<b>&</b>", "json": "{\"a\":1}",
	"note": "a\r\nX-Evil: 1", "path": "../../admin?x=1#f", "q": "say \"hi\" \\ back",
	"tags": ["red", "green"], "none": [], "addr": {"zip": "02139", "geo": {"lat": 42.36}},
	"items": [{"sku": "A", "price": 29.99, "name": "Shoe"}, {"sku": "B", "price": 15}]
}`

func TestContract(t *testing.T) {
	t.Parallel()
	places := map[string]Place{"url": URL, "header": Header, "form": Form, "json": JSON}
	for _, c := range readCorpus(t, "contract") {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			tmpl, err := Compile(c.Template, places[c.Context], Options{})
			if c.SaveError != "" {
				if err == nil || err.Error() != c.SaveError {
					t.Fatalf("%s\ngot  %v\nwant %s", c.Template, err, c.SaveError)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s\n%v", c.Template, err)
			}
			if diff := cmp.Diff(decoded(t, c.Data), decoded(t, []byte(contractData))); diff != "" {
				t.Fatal(diff)
			}
			data := dataOf(t, []byte(contractData))
			out, present, err := tmpl.Execute(nil, data)
			if c.RunError != "" {
				var broken *RenderError
				if !errors.As(err, &broken) || broken.Message != c.RunError || !slices.Equal(broken.Missing, c.Missing) {
					t.Fatalf("%s\ngot  %v\nwant %s", c.Template, err, c.RunError)
				}
				return
			}
			if err != nil || present == c.Omitted || string(out) != c.Output {
				t.Fatalf("%s\ngot  %s, %v, %v\nwant %s", c.Template, out, present, err, c.Output)
			}
			if diff := cmp.Diff(c.Missing, tmpl.Missing(data)); diff != "" {
				t.Fatalf("%s\nmissing: %s", c.Template, diff)
			}
		})
	}
}

func decoded(t testing.TB, raw []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestCorpora runs what other engines render. They don't escape, so every template is a
// form value here.
func TestCorpora(t *testing.T) {
	t.Parallel()
	for name, floor := range map[string]float64{"spec": 0.98, "webhook": 0.99, "matrix": 1, "helpers": 0.95} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			total, passed, differs := 0, 0, 0
			for _, c := range readCorpus(t, name) {
				if c.Scope != "in" || c.ProductWhy == "clock" {
					continue
				}
				if name == "helpers" && usesUnlisted(c.Template) {
					continue
				}
				total++
				problem := c.check(t)
				why := onPurpose[c.ID]
				switch {
				case problem == "" && why != "":
					t.Errorf("%s passes, but stands in the list of differences", c.ID)
				case problem == "":
					passed++
				case why != "":
					differs++
					t.Logf("%s differs on purpose: %s\n%s", c.ID, why, problem)
				default:
					t.Errorf("%s: %s", c.ID, problem)
				}
			}
			t.Logf("%d cases, %d pass, %d differ on purpose", total, passed, differs)
			if rate := float64(passed) / float64(total-differs); rate < floor {
				t.Errorf("%.1f %% pass, want %.0f", 100*rate, 100*floor)
			}
		})
	}
}

// check renders a case and says what is wrong with the result.
func (c *corpusCase) check(t *testing.T) string {
	tmpl, err := Compile(c.Template, Form, Options{})
	var out []byte
	if err == nil {
		if c.ProductError != "" {
			return c.Template + "\nis accepted, want " + c.ProductError
		}
		out, _, err = tmpl.Execute(nil, dataOf(t, c.Data))
	} else if c.ProductError != "" {
		return cmp.Diff(c.ProductError, err.Error())
	}
	want := c.Expected
	if c.Product != nil {
		want = c.Product
	}
	if want == nil {
		if err == nil {
			return c.Template + "\ngives " + string(out) + ", want an error like " + c.Error
		}
		return ""
	}
	if err != nil {
		return c.Template + "\n" + err.Error()
	}
	if string(out) != *want {
		return c.Template + "\n" + cmp.Diff(*want, string(out))
	}
	return ""
}

func usesUnlisted(template string) bool {
	for _, name := range []string{"center", "ljust", "rjust", "stripTags", "yesno", "wordWrap", "dateFormat "} {
		if bytes.Contains([]byte(template), []byte("{{"+name)) {
			return true
		}
	}
	return false
}

// onPurpose lists the cases that render differently here, each with the reason.
var onPurpose = func() map[string]string {
	const (
		asMissing = "a helper whose argument is missing is missing: a format must not be sent in the place of a value (B31)"
		asText    = "lists and objects print as everywhere here: joined with commas, and as JSON"
	)
	list := map[string]string{"hp-040": asText, "hp-042": asText, "hp-078": asText, "hp-084": asMissing}
	for _, id := range []string{"hp-270", "hp-276", "hp-282", "hp-288", "hp-300", "hp-306", "hp-336", "hp-342", "hp-348"} {
		list[id] = asMissing
	}
	return list
}()
