package main

import (
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

// holdToxic keeps everything that comes, also that a connection was closed, and lets it go at once when it is removed.
type holdToxic struct{}

// holdFlush is how long the other end may take to accept a piece of what was held. It may be gone.
const holdFlush = time.Second

// Pipe is what toxiproxy runs for each connection and direction.
func (*holdToxic) Pipe(stub *toxics.ToxicStub) {
	var kept []*stream.StreamChunk
	input := stub.Input
	for {
		select {
		case c := <-input:
			if c == nil {
				input = nil // closed; toxiproxy sees that again afterwards
				continue
			}
			kept = append(kept, c)
		case <-stub.Interrupt:
			for _, c := range kept {
				if stub.WriteOutput(c, holdFlush) != nil {
					return
				}
			}
			return
		}
	}
}

func init() { toxics.Register("hold", new(holdToxic)) }
