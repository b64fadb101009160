package store

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// ErrLocked says that another bridge uses the store.
var ErrLocked = errors.New("another whatsapp-bridge uses this store")

// Lock holds FILE.lock until the process ends, however it ends. Two processes with one session
// would throw each other out and break the session's keys.
func Lock(path string, patience time.Duration) (*os.File, error) {
	name := path + ".lock"
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot open the lock file: %w", err)
	}
	end := time.Now().Add(patience)
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return file, nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			return nil, fmt.Errorf("cannot lock %s: %w", name, err)
		case time.Now().After(end):
			return nil, fmt.Errorf("%w: %s", ErrLocked, name)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
