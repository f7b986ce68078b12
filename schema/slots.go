package schema

import "time"

// Slots are times at which calls of a rate-limited webhook may start: N of them, the first after Wait,
// each following one Step later.
type Slots struct {
	N          int
	Wait, Step time.Duration
	Workers    int // that asked for the webhook's slots lately, this one included
}
