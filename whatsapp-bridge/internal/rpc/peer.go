// Package rpc speaks JSON-RPC 2.0, one object on each line, in both directions at once.
package rpc

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
)

// Request is what the other side asks for. Reply must be called once; for a notification it does nothing.
type Request struct {
	Method string
	Params json.RawMessage
	Reply  func(result any, err *Error)
}

// Answer is what the other side said to a request of ours: nil for success.
type Answer = *Error

// Peer is this end of the two pipes.
type Peer struct {
	ctx     context.Context
	log     *slog.Logger
	lines   chan []byte
	written chan struct{}

	mutex   sync.Mutex
	lastID  uint64
	waiting map[string]chan<- Answer
}

// New makes a peer that writes to out until ctx ends; failed is called when that is not possible any more.
func New(ctx context.Context, out io.Writer, log *slog.Logger, failed func(error)) *Peer {
	p := &Peer{
		ctx:     ctx,
		log:     log,
		lines:   make(chan []byte, 256),
		written: make(chan struct{}),
		waiting: make(map[string]chan<- Answer),
	}
	go p.writeLines(ctx, out, failed)
	return p
}

// Written is closed when nothing will be written any more.
func (p *Peer) Written() <-chan struct{} {
	return p.written
}

func (p *Peer) writeLines(ctx context.Context, out io.Writer, failed func(error)) {
	defer close(p.written)
	for {
		select {
		case line := <-p.lines:
			if _, err := out.Write(line); err != nil {
				failed(fmt.Errorf("stdout: the host does not read any more: %w", err))
				return
			}
		case <-ctx.Done():
			p.writeRest(out)
			return
		}
	}
}

// writeRest writes what was queued when the end came: answers to the last lines before the end of the input.
func (p *Peer) writeRest(out io.Writer) {
	for {
		select {
		case line := <-p.lines:
			if _, err := out.Write(line); err != nil {
				return
			}
		default:
			return
		}
	}
}

func (p *Peer) enqueue(ctx context.Context, value any) error {
	line, err := oneLine(value)
	if err != nil {
		return fmt.Errorf("cannot write %T as JSON: %w", value, err)
	}
	select {
	case p.lines <- line:
		return nil
	case <-p.written:
		return io.ErrClosedPipe
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Notify tells the other side something that has no answer. It is bound to nothing shorter than the
// peer: what has happened is told, also when the connection on which it happened is over.
func (p *Peer) Notify(method string, params any) {
	if err := p.enqueue(p.ctx, notification{"2.0", method, params}); err != nil {
		p.log.Warn("notification not written", "method", method, "error", err)
	}
}

// Ask sends a request. Its answer comes on answers, which needs room for it, unless forget was called before.
func (p *Peer) Ask(ctx context.Context, method string, params any, answers chan<- Answer) (forget func(), err error) {
	p.mutex.Lock()
	p.lastID++
	id := "b" + strconv.FormatUint(p.lastID, 10)
	p.waiting[id] = answers
	p.mutex.Unlock()
	forget = func() {
		p.mutex.Lock()
		delete(p.waiting, id)
		p.mutex.Unlock()
	}
	if err := p.enqueue(ctx, request{"2.0", id, method, params}); err != nil {
		forget()
		return nil, err
	}
	return forget, nil
}

// Serve reads lines until the input ends and gives each request to handle, which must not wait.
func (p *Peer) Serve(ctx context.Context, in io.Reader, handle func(Request)) error {
	lines := newLineReader(in)
	for {
		line, err := lines.next()
		switch {
		case err == io.EOF:
			return nil
		case err == errLineTooLong:
			p.fail(ctx, nullID, &Error{CodeParseError, fmt.Sprintf("line longer than %d bytes", maxLine), nil})
		case err != nil:
			return fmt.Errorf("stdin: %w", err)
		case len(strings.TrimSpace(string(line))) > 0:
			p.take(ctx, line, handle)
		}
	}
}

func (p *Peer) take(ctx context.Context, line []byte, handle func(Request)) {
	var message incoming
	if !json.Valid(line) {
		p.fail(ctx, nullID, &Error{CodeParseError, "not JSON", nil})
		return
	}
	if err := json.Unmarshal(line, &message); err != nil {
		p.fail(ctx, nullID, &Error{CodeInvalidRequest, "not a JSON-RPC object: " + err.Error(), nil})
		return
	}
	id, hasID := checkedID(message.ID)
	switch {
	case message.Version != "2.0":
		p.fail(ctx, id, &Error{CodeInvalidRequest, `"jsonrpc" must be "2.0"`, nil})
	case message.Method != nil && message.ID != nil && !hasID:
		p.fail(ctx, nullID, &Error{CodeInvalidRequest, `"id" must be a string or a number`, nil})
	case message.Method != nil:
		handle(Request{*message.Method, message.Params, p.replyTo(ctx, id, hasID, *message.Method)})
	case hasID && (message.Result != nil || message.Error != nil):
		p.answer(id, message.Error)
	default:
		p.fail(ctx, id, &Error{CodeInvalidRequest, `neither "method" nor "result" nor "error"`, nil})
	}
}

func (p *Peer) replyTo(ctx context.Context, id json.RawMessage, wanted bool, method string) func(any, *Error) {
	return func(result any, failed *Error) {
		switch {
		case failed != nil && !wanted:
			p.log.Warn("notification of the host failed", "method", method, "error", failed.Message)
		case !wanted:
		case failed != nil:
			p.fail(ctx, id, failed)
		default:
			if err := p.enqueue(ctx, response{"2.0", id, result}); err != nil {
				p.log.Warn("answer not written", "method", method, "error", err)
			}
		}
	}
}

func (p *Peer) fail(ctx context.Context, id json.RawMessage, failed *Error) {
	p.log.Warn("request refused", "code", failed.Code, "error", failed.Message)
	if err := p.enqueue(ctx, failure{"2.0", id, failed}); err != nil {
		p.log.Warn("error not written", "error", err)
	}
}

func (p *Peer) answer(rawID json.RawMessage, failed *Error) {
	var id string
	_ = json.Unmarshal(rawID, &id) // our ids are strings; a number is unknown like any other
	p.mutex.Lock()
	answers, known := p.waiting[id]
	delete(p.waiting, id)
	p.mutex.Unlock()
	if !known {
		p.log.Debug("answer to an unknown request", "id", string(rawID))
		return
	}
	answers <- failed
}
