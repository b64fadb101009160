// The program whatsapp-bridge connects a host program to WhatsApp: newline-delimited JSON-RPC 2.0 on
// stdin and stdout, JSON log lines on stderr. DESIGN.md §7 says what is spoken.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"nanoclaw.dev/whatsapp-bridge/internal/bridge"
	"nanoclaw.dev/whatsapp-bridge/internal/store"
)

const (
	exitOK     = 0 // stdin was closed
	exitFailed = 1
	exitLocked = 3 // another bridge has the store
)

func main() {
	os.Exit(run(os.Args[1:], bridge.DefaultTimings))
}

func run(arguments []string, timings bridge.Timings) int {
	in, out, errs := os.Stdin, os.Stdout, os.Stderr
	os.Stdout = os.Stderr // whatever a library prints, it is not JSON-RPC
	flags := flag.NewFlagSet("whatsapp-bridge", flag.ContinueOnError)
	flags.SetOutput(errs)
	path := flags.String("store", "", "the `FILE` that keeps the session with WhatsApp (required)")
	verbose := flags.Bool("debug", false, "log everything, also the content of messages")
	if err := flags.Parse(arguments); err != nil {
		return exitFailed
	}
	level := slog.LevelInfo
	if *verbose {
		level = slog.LevelDebug
	}
	log := bridge.NewLogger(errs, level)
	slog.SetDefault(log)
	bridge.CatchSignalLog(log)
	if *path == "" || flags.NArg() > 0 {
		log.Error("usage: whatsapp-bridge --store FILE")
		return exitFailed
	}
	err := serve(*path, in, out, log, timings)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, store.ErrLocked):
		log.Error(err.Error())
		return exitLocked
	default:
		log.Error(err.Error())
		return exitFailed
	}
}

func serve(path string, in io.Reader, out io.Writer, log *slog.Logger, timings bridge.Timings) error {
	ctx, ended := context.WithCancelCause(context.Background())
	defer ended(nil)
	watchSignals(ended)
	endpoint, err := bridge.EndpointFrom(os.Getenv)
	if err != nil {
		return err
	}
	lock, err := store.Lock(path, timings.Lock)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	opened, err := store.Open(ctx, path, bridge.NewLibraryLog(log))
	if err != nil {
		return err
	}
	defer func() { _ = opened.Close() }()
	b, err := bridge.New(ctx, opened, endpoint, timings, log)
	if err != nil {
		return err
	}
	return b.Run(ctx, &deadlineAtEnd{in, timings.Exit}, out)
}

// deadlineAtEnd ends the process some time after its input has ended, whatever still goes on then.
// SQLite does not mind, and the host does not wait for longer.
type deadlineAtEnd struct {
	io.Reader
	patience time.Duration
}

func (d *deadlineAtEnd) Read(buffer []byte) (int, error) {
	count, err := d.Reader.Read(buffer)
	if err == io.EOF {
		time.AfterFunc(d.patience, func() { os.Exit(exitOK) })
	}
	return count, err
}

// watchSignals: the terminal's Ctrl-C reaches the host as well, which then closes our stdin. A pipe
// that nobody reads is an error of write, not a reason to die without a word.
func watchSignals(ended context.CancelCauseFunc) {
	signal.Ignore(syscall.SIGINT, syscall.SIGPIPE)
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	go func() {
		name := <-terminated
		ended(fmt.Errorf("ended by signal: %s", name))
	}()
}
