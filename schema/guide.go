package schema

// Guide is what a destination asks of whoever writes a webhook for it (B2).
type Guide struct {
	Destination string     `json:"destination"`
	Docs        string     `json:"docs"`    // where the service describes its API
	Example     string     `json:"example"` // of an endpoint
	Auth        AuthType   `json:"auth"`    // "" where any will do
	AuthHint    string     `json:"authHint"`
	Body        [][]string `json:"body"`   // names the body must have, one of each list
	Sample      string     `json:"sample"` // of a JSON body, to begin with; "" where there is nothing to show
}
