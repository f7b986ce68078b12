package handlebars

import (
	"encoding/json"
	"testing"

	"github.com/aymerick/raymond"
)

// benchProfile and benchEvent are the parts of a step of 1.1 KB that templates see.
const (
	benchProfile = `{"firstName":"Test","lastName":"O'Brien & Sons","city":"San Francisco","state":"California","country":"US",` +
		`"age":34,"isVip":true,"lifetimeValue":1289.5,"visits":12,"plan":"gold","locale":"en_US","phoneNumber":"+14155550123",` +
		`"signupDate":"2024-02-29T13:45:10Z","company":"Example \"Works\" Ltd","optedOut":false,"tags":["red","green","blue"],` +
		`"address":{"street":"1 Main St","zip":"02139","geo":{"lat":42.36,"lng":-71.09}},"lastOrder":null,"points":12345678,` +
		`"favoriteStore":"Market Street","channel":"email","timeZone":"America/Los_Angeles"}`
	benchEvent = `{"orderId":10045,"total":149.95,"currency":"USD","coupon":"SPRING","items":[` +
		`{"sku":"A-1","name":"Shoe, \"Pro\"","price":29.99,"qty":2},{"sku":"B-2","name":"Hat","price":15,"qty":1},` +
		`{"sku":"C-3","name":"Socks","price":5.5,"qty":3}],"source":"web","campaignId":991,"promotionId":123,"color":"red"}`
)

var benchTemplates = []struct {
	name, source string
	place        Place
}{
	{"header", "Bearer {{userId}}", Header},
	{"url", "https://api.example.com/u?email={{#urlEncode}}{{email}}{{/urlEncode}}&city={{#urlEncode}}{{city}}{{/urlEncode}}", URL},
	{"body5", `{"email":"{{email}}","first":"{{firstName}}","city":"{{city}}","age": {{age}} ,"vip": {{isVip}} }`, JSON},
	{"body15", `{"email":"{{email}}","first":"{{firstName}}","last":"{{lastName}}","city":"{{city}}","state":"{{state}}",` +
		`"age": {{age}} ,"vip": {{isVip}} ,"ltv": {{lifetimeValue}} ,"plan":"{{plan}}","company":"{{company}}","order": {{orderId}} ,` +
		`"total": {{total}} ,"zip":"{{address.zip}}","coupon":"{{coupon}}","lines":[{{#each items}}{"sku":"{{sku}}","name":"{{name}}",` +
		`"price": {{price}} ,"qty": {{qty}} }{{#unless @last}},{{/unless}}{{/each}}]}`, JSON},
}

var benchUser = User{Email: "test.user@example.com", UserID: "u_1"}

func BenchmarkExecute(b *testing.B) {
	for _, c := range benchTemplates {
		b.Run(c.name, func(b *testing.B) {
			t, err := Compile(c.source, c.place, Options{})
			if err != nil {
				b.Fatal(err)
			}
			data, err := NewData([]byte(benchProfile), []byte(benchEvent), benchUser, reached)
			if err != nil {
				b.Fatal(err)
			}
			var out []byte
			b.ReportAllocs()
			for b.Loop() {
				if out, _, err = t.Execute(out[:0], data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRaymondExec renders the same templates with raymond's own evaluator.
func BenchmarkRaymondExec(b *testing.B) {
	for _, c := range benchTemplates {
		b.Run(c.name, func(b *testing.B) {
			t, err := raymond.Parse(c.source)
			if err != nil {
				b.Fatal(err)
			}
			registerURLEncode(t)
			data := raymondData(b)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := t.Exec(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBytesToBody is one step's way from the bytes of its data to the bytes of its body.
func BenchmarkBytesToBody(b *testing.B) {
	source := benchTemplates[3].source
	b.Run("handlebars", func(b *testing.B) {
		t, err := Compile(source, JSON, Options{})
		if err != nil {
			b.Fatal(err)
		}
		var data Data
		var out []byte
		profile, event := []byte(benchProfile), []byte(benchEvent)
		b.ReportAllocs()
		for b.Loop() {
			if err := data.Reset(profile, event, benchUser, reached); err != nil {
				b.Fatal(err)
			}
			if out, _, err = t.Execute(out[:0], &data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("raymond", func(b *testing.B) {
		t, err := raymond.Parse(source)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := t.Exec(raymondData(b)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	for _, c := range benchTemplates {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compile(c.source, c.place, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func registerURLEncode(t *raymond.Template) {
	t.RegisterHelper("urlEncode", func(o *raymond.Options) raymond.SafeString {
		return raymond.SafeString(appendPercent(nil, o.Fn()))
	})
}

func raymondData(b *testing.B) map[string]any {
	data := map[string]any{}
	for _, raw := range []string{benchProfile, benchEvent} {
		if err := json.Unmarshal([]byte(raw), &data); err != nil {
			b.Fatal(err)
		}
	}
	data["email"], data["userId"] = benchUser.Email, benchUser.UserID
	return data
}
