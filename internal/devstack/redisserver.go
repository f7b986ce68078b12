package devstack

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"time"
)

// ErrNoRedisServer says that redis-server is not installed here.
var ErrNoRedisServer = errors.New("redis-server is not installed")

// RedisServer is a real redis-server process that stores nothing on disk.
type RedisServer struct {
	Addr string
	cmd  *exec.Cmd
}

// StartRedisServer starts one on a free loopback port, with dir as its folder.
func StartRedisServer(dir string) (*RedisServer, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, ErrNoRedisServer
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("redis-server: %w", err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("redis-server: %w", err)
	}
	r := &RedisServer{Addr: addr, cmd: cmd}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			return r, nil
		}
	}
	r.Close()
	return nil, errors.New("redis-server: not up within 10 s")
}

// Close kills it and waits for its end.
func (r *RedisServer) Close() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}
