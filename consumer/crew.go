package consumer

import "sync"

// crew runs steps on goroutines that stay, since the stack of a new one would have to grow for each
// step anew. It is as large as there ever were steps at once.
type crew struct {
	jobs    chan func()
	members sync.WaitGroup
}

func newCrew() *crew { return &crew{jobs: make(chan func())} }

// run hands the job to a member that waits for one, or else to a new one.
func (c *crew) run(job func()) {
	select {
	case c.jobs <- job:
	default:
		c.members.Go(func() {
			job()
			for job := range c.jobs {
				job()
			}
		})
	}
}

// finish waits until all jobs are done. No more may be handed over.
func (c *crew) finish() {
	close(c.jobs)
	c.members.Wait()
}
