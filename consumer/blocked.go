package consumer

// blocked reports whether something that steps depend on was lost in NATS: until it is there again each step is given
// back, without an attempt.
func (c *Consumer) blocked() bool { return c.Blocked != nil && c.Blocked() != nil }

// Holds are the sequences of a stream's messages that are this worker's now.
func (c *Consumer) Holds(stream string) []uint64 {
	c.beats.mu.Lock()
	defer c.beats.mu.Unlock()
	var all []uint64
	for at, h := range c.beats.held {
		if at.stream == stream && !h.lost() {
			all = append(all, at.sequence)
		}
	}
	return all
}
