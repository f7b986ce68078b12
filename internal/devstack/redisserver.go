package devstack

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/journeyhook/journeyhook/internal/child"
)

// ErrNoRedisServer says that redis-server is not installed here.
var ErrNoRedisServer = errors.New("redis-server is not installed")

// RedisServer is a real redis-server process that stores nothing on disk.
type RedisServer struct {
	Addr    string
	process *child.Process
}

// RedisServerCommand is a redis-server on a loopback port with dir as its folder, to be started.
func RedisServerCommand(dir string, port int) (*exec.Cmd, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, ErrNoRedisServer
	}
	return child.Command(nil, path, "--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir), nil
}

// StartRedisServer starts one on a free loopback port, with dir as its folder.
func StartRedisServer(dir string) (*RedisServer, error) {
	port, err := child.FreePort()
	if err != nil {
		return nil, err
	}
	cmd, err := RedisServerCommand(dir, port)
	if err != nil {
		return nil, err
	}
	r := &RedisServer{Addr: fmt.Sprintf("127.0.0.1:%d", port)}
	if r.process, err = child.Start("redis-server", cmd); err != nil {
		return nil, err
	}
	if err := child.Listening(context.Background(), port); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Close kills it and waits for its end.
func (r *RedisServer) Close() { r.process.Kill() }
