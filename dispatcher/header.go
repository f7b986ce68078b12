package dispatcher

import "net/http"

// headersOfOurs is how many headers a call carries beside the author's: User-Agent, Content-Type,
// Authorization, Idempotency-Key, traceparent, tracestate, baggage.
const headersOfOurs = 7

// header is a call's headers, one value each, which share one piece of memory.
type header struct {
	all    http.Header
	values []string
}

func newHeader(size int) header {
	return header{make(http.Header, size), make([]string, 0, size)}
}

// set takes names in the form in which they stand in the map.
func (h *header) set(name, value string) {
	h.values = append(h.values, value)
	last := len(h.values)
	h.all[name] = h.values[last-1 : last : last]
}

func (h *header) has(name string) bool {
	_, ok := h.all[name]
	return ok
}
