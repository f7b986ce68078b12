package schema

import "net/http"

// Preview is the request one step would make, to be shown to people: the user's data is in it, the
// webhook's secrets are ***.
type Preview struct {
	Method  string      `json:"method"`
	URL     string      `json:"url"`
	Header  http.Header `json:"headers"`
	Body    string      `json:"body"`
	Missing []Missing   `json:"missing"`
}

// Missing is a part of a request and the fields its template prints that this user has no value for.
type Missing struct {
	Where  string   `json:"where"` // like the definition's path, "body.json"
	Fields []string `json:"fields"`
}
