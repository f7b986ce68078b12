package main

// ballastBytes makes the garbage collector wait until so much more was allocated. A worker keeps little and allocates
// much, so that it would else collect at every 20 MB (docs/decisions/010-address-space-for-time.md). One
// of the bare loops of bench has as much.
const ballastBytes = 48 << 20

// newBallast is never touched, so it is address space and not memory.
func newBallast() []byte { return make([]byte, ballastBytes) }
