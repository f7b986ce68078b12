package consumer

import (
	"testing"
	"time"
)

func TestHeadroom(t *testing.T) {
	t.Parallel()
	h := newHeadroom(256, 768)
	if h.bound() != 256 {
		t.Fatalf("a worker that has nothing to do takes %d retries at once", h.bound())
	}
	for range 20 {
		h.adapt(headroomLate + time.Millisecond)
	}
	if h.bound() != headroomLeast {
		t.Errorf("one that runs late takes %d, want %d", h.bound(), headroomLeast)
	}
	for range 1000 {
		h.adapt(0)
	}
	if h.bound() != 768 {
		t.Errorf("one that no longer does takes %d, want 768", h.bound())
	}
	small := newHeadroom(1, 1)
	small.adapt(time.Second)
	if small.bound() != 1 {
		t.Errorf("a worker of one call takes %d", small.bound())
	}
}
