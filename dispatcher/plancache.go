package dispatcher

import (
	"errors"
	"sync"

	"github.com/journeyhook/journeyhook/schema"
)

// planCache keeps the plans of the webhooks in use, and why some have none: two generations, so that
// memory stays bounded without bookkeeping per call.
type planCache struct {
	mu         sync.RWMutex
	young, old map[string]*compiling
}

// compiling makes a webhook's plan once, for whoever asks first; the others wait for that one only.
type compiling struct {
	hook *schema.Webhook
	plan func() (*plan, error)
}

// planGeneration is how many plans one generation holds.
const planGeneration = 8192

func (c *planCache) get(w *schema.Webhook) (*plan, error) {
	if w.Fault != "" {
		return nil, errors.New(w.Fault)
	}
	key := w.Key()
	c.mu.RLock()
	p := c.young[key]
	c.mu.RUnlock()
	if p == nil || p.hook != w {
		p = c.miss(key, w)
	}
	return p.plan()
}

func (c *planCache) miss(key string, w *schema.Webhook) *compiling {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.young[key]; p != nil && p.hook == w { // another one missed it too
		return p
	}
	p := c.old[key]
	if p == nil || p.hook != w {
		// A scheme is judged after rendering (C18).
		p = &compiling{w, sync.OnceValues(func() (*plan, error) { return compile(w, true) })}
	}
	if c.young == nil || len(c.young) >= planGeneration {
		c.young, c.old = make(map[string]*compiling), c.young
	}
	c.young[key] = p
	return p
}
