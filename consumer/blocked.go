package consumer

// blocked reports whether something that steps depend on was lost in NATS: until it is there again each step is given
// back, without an attempt.
func (c *Consumer) blocked() bool { return c.Blocked != nil && c.Blocked() != nil }
