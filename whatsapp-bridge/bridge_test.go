package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"

	"nanoclaw.dev/whatsapp-bridge/internal/bridge"
	"nanoclaw.dev/whatsapp-bridge/internal/testserver"
)

// The bridge of the tests is this test binary, started once more: a real process, with pipes, signals and exit codes.
const asBridge = "WHATSAPP_BRIDGE_TEST_RUN"

func TestMain(m *testing.M) {
	switch os.Getenv(asBridge) {
	case "":
		bridge.CatchSignalLog(slog.New(slog.DiscardHandler)) // of the other people
		os.Exit(m.Run())
	case "quick":
		os.Exit(run(os.Args[1:], quickTimings()))
	case "quick keep-alives":
		whatsmeow.KeepAliveIntervalMin, whatsmeow.KeepAliveIntervalMax = 200*time.Millisecond, 300*time.Millisecond
		whatsmeow.KeepAliveResponseDeadline = 500 * time.Millisecond
		os.Exit(run(os.Args[1:], quickTimings()))
	default:
		os.Exit(run(os.Args[1:], bridge.DefaultTimings))
	}
}

// quickTimings are short enough for tests, in the same proportions.
func quickTimings() bridge.Timings {
	timings := bridge.DefaultTimings
	timings.Answer = time.Second
	timings.OfferMin = 100 * time.Millisecond
	timings.OfferMax = 500 * time.Millisecond
	timings.GiveUp = 4 * time.Second
	timings.Login = 15 * time.Second
	timings.Alive = 200 * time.Millisecond
	timings.RetryMin = 50 * time.Millisecond
	timings.RetryMax = 500 * time.Millisecond
	timings.Send = 2 * time.Second
	timings.FirstCode = 1500 * time.Millisecond
	timings.NextCode = 500 * time.Millisecond
	return timings
}

// patience is how long a test waits for something that should come at once, on a machine that has much else to do.
const patience = time.Minute

// scene is a server and the bridge's account on it.
type scene struct {
	t       *testing.T
	server  *testserver.Server
	account *testserver.Account
	store   string
	numbers int
}

func newScene(t *testing.T) *scene {
	t.Helper()
	t.Parallel()
	server, err := testserver.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return &scene{
		t:       t,
		server:  server,
		account: server.NewAccount("4915100000001", "Owner"),
		store:   filepath.Join(t.TempDir(), "whatsapp.db"),
	}
}

func (s *scene) context() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	s.t.Cleanup(cancel)
	return ctx
}

// person is somebody new who is online.
func (s *scene) person(name string) *testserver.Person {
	s.t.Helper()
	s.numbers++
	return s.device(s.server.NewAccount(fmt.Sprintf("49151000001%02d", s.numbers), name))
}

// device is one more linked device of an account.
func (s *scene) device(account *testserver.Account) *testserver.Person {
	s.t.Helper()
	person, err := s.server.Join(s.context(), account, s.t.TempDir())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(person.Close)
	return person
}

// line is any line of the bridge.
type line struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
	Result  json.RawMessage `json:"result"`
	Error   *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Data    struct {
			RetryIn int64 `json:"retry_in"`
		} `json:"data"`
	} `json:"error"`
}

// host is the other end of a bridge's pipes.
type host struct {
	t       *testing.T
	command *exec.Cmd
	in      io.WriteCloser
	log     *bytes.Buffer
	exited  chan struct{}

	mutex   sync.Mutex
	lines   []line
	read    int // by next
	changed chan struct{}
	serial  int
	refuse  func(line) bool // answers of the host to requests: nil takes everything
	silent  bool            // does not answer requests at all
}

// start runs a bridge with short waits.
func (s *scene) start() *host {
	return s.startWith("quick", "--store", s.store)
}

func (s *scene) startWith(mode string, arguments ...string) *host {
	s.t.Helper()
	command := exec.Command(os.Args[0], arguments...)
	command.Env = append(os.Environ(), asBridge+"="+mode,
		bridge.EndpointVariable+"="+s.server.URL(), bridge.RootKeyVariable+"="+s.server.RootKey())
	return launch(s.t, command)
}

// launchWith runs a bridge with any values of the two variables.
func (s *scene) launchWith(url, key string) *host {
	s.t.Helper()
	command := exec.Command(os.Args[0], "--store", s.store)
	command.Env = append(os.Environ(), asBridge+"=quick", bridge.EndpointVariable+"="+url, bridge.RootKeyVariable+"="+key)
	return launch(s.t, command)
}

func launch(t *testing.T, command *exec.Cmd) *host {
	t.Helper()
	h := &host{t: t, command: command, log: &bytes.Buffer{}, exited: make(chan struct{}), changed: make(chan struct{})}
	var err error
	if h.in, err = command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = h.log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go h.readLines(out)
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-h.exited
		if t.Failed() {
			t.Logf("log of the bridge:\n%s", h.log)
		}
	})
	return h
}

func (h *host) readLines(out io.Reader) {
	reader := bufio.NewReaderSize(out, 1<<20)
	for {
		text, err := reader.ReadBytes('\n')
		if err != nil {
			break
		}
		var received line
		if err := json.Unmarshal(text, &received); err != nil || received.Version != "2.0" {
			h.t.Errorf("not JSON-RPC on stdout: %q", text)
			continue
		}
		h.take(received)
	}
	_ = h.command.Wait()
	close(h.exited)
}

func (h *host) take(received line) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.lines = append(h.lines, received)
	close(h.changed)
	h.changed = make(chan struct{})
	if received.Method == "" || received.ID == nil || h.silent {
		return
	}
	if h.refuse != nil && h.refuse(received) {
		h.write(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32000,"message":"not now"}}`, received.ID))
		return
	}
	h.write(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{}}`, received.ID))
}

func (h *host) setSilent(silent bool) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.silent = silent
}

func (h *host) write(text string) {
	_, _ = io.WriteString(h.in, text+"\n")
}

// await is the first line after those already awaited that is wanted; what comes before it is passed over.
func (h *host) await(what string, wanted func(line) bool) line {
	h.t.Helper()
	found, ok := h.awaitWithin(patience, wanted)
	if !ok {
		h.mutex.Lock()
		defer h.mutex.Unlock()
		var all []string
		for _, l := range h.lines {
			text, _ := json.Marshal(l)
			all = append(all, string(text))
		}
		h.t.Fatalf("no %s; the bridge wrote:\n%s", what, strings.Join(all, "\n"))
	}
	return found
}

func (h *host) awaitWithin(limit time.Duration, wanted func(line) bool) (line, bool) {
	timeout := time.After(limit)
	for {
		h.mutex.Lock()
		for i := h.read; i < len(h.lines); i++ {
			if wanted(h.lines[i]) {
				found := h.lines[i]
				h.read = i + 1
				h.mutex.Unlock()
				return found, true
			}
		}
		changed := h.changed
		h.mutex.Unlock()
		select {
		case <-changed:
		case <-timeout:
			return line{}, false
		}
	}
}

// event waits for a notification or request and puts its parameters into params.
func (h *host) event(method string, params any) line {
	h.t.Helper()
	found := h.await(method, func(l line) bool { return l.Method == method })
	if params != nil {
		if err := json.Unmarshal(found.Params, params); err != nil {
			h.t.Fatalf("%s: %s: %v", method, found.Params, err)
		}
	}
	return found
}

// never fails when the method comes within a moment.
func (h *host) never(method string, moment time.Duration) {
	h.t.Helper()
	time.Sleep(moment)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, l := range h.lines[h.read:] {
		if l.Method == method {
			h.t.Fatalf("%s came: %s", method, l.Params)
		}
	}
}

// all are the parameters of all lines with this method, of any time.
func (h *host) all(method string) []json.RawMessage {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	var found []json.RawMessage
	for _, l := range h.lines {
		if l.Method == method {
			found = append(found, l.Params)
		}
	}
	return found
}

// call asks the bridge for something; answered waits for what it says.
func (h *host) call(method string, params any) (id string) {
	h.t.Helper()
	text, err := json.Marshal(params)
	if err != nil {
		h.t.Fatal(err)
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.serial++
	id = fmt.Sprintf(`"h%d"`, h.serial)
	h.write(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q,"params":%s}`, id, method, text))
	return id
}

// answered does not move on in the lines: notifications around the answer stay to be awaited.
func (h *host) answered(id string) line {
	h.t.Helper()
	h.mutex.Lock()
	mark := h.read
	h.read = 0
	h.mutex.Unlock()
	found := h.await("answer to "+id, func(l line) bool { return l.Method == "" && string(l.ID) == id })
	h.mutex.Lock()
	h.read = mark
	h.mutex.Unlock()
	return found
}

// ok asks and expects success.
func (h *host) ok(method string, params, result any) {
	h.t.Helper()
	answer := h.answered(h.call(method, params))
	if answer.Error != nil {
		h.t.Fatalf("%s %v: %+v", method, params, answer.Error)
	}
	if result != nil {
		if err := json.Unmarshal(answer.Result, result); err != nil {
			h.t.Fatalf("%s: %s: %v", method, answer.Result, err)
		}
	}
}

// failed asks and expects an error with this code.
func (h *host) failed(code int, method string, params any) string {
	h.t.Helper()
	answer := h.answered(h.call(method, params))
	if answer.Error == nil {
		h.t.Fatalf("%s %v: succeeded with %s, expected error %d", method, params, answer.Result, code)
	}
	if answer.Error.Code != code {
		h.t.Fatalf("%s %v: error %d (%s), expected %d", method, params, answer.Error.Code, answer.Error.Message, code)
	}
	return answer.Error.Message
}

// kill is kill -9.
func (h *host) kill() {
	_ = h.command.Process.Kill()
	<-h.exited
}

// closeIn closes the bridge's stdin and expects it to end in time with code 0.
func (h *host) closeIn() {
	h.t.Helper()
	begin := time.Now()
	_ = h.in.Close()
	h.exit(0)
	if took := time.Since(begin); took > 3*time.Second {
		h.t.Errorf("the bridge took %s to end", took)
	}
}

func (h *host) exit(code int) {
	h.t.Helper()
	select {
	case <-h.exited:
	case <-time.After(patience):
		h.t.Fatal("the bridge does not end")
	}
	if got := h.command.ProcessState.ExitCode(); got != code {
		h.t.Fatalf("exit code %d, expected %d\n%s", got, code, h.log)
	}
}

// paired starts a bridge and pairs it.
func (s *scene) paired() *host {
	s.t.Helper()
	h := s.start()
	h.event("hello", nil)
	h.ok("connect", map[string]any{}, nil)
	var qr bridge.QR
	h.event("qr", &qr)
	if err := s.server.Pair(qr.Code, s.account); err != nil {
		s.t.Fatal(err)
	}
	h.event("paired", nil)
	h.event("connected", nil)
	return h
}

// restarted starts a bridge again that is paired.
func (s *scene) restarted() *host {
	s.t.Helper()
	h := s.start()
	h.ok("connect", map[string]any{}, nil)
	h.event("connected", nil)
	return h
}
