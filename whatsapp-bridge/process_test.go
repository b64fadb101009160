package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nanoclaw.dev/whatsapp-bridge/internal/testserver"
)

func TestStdinClosedInMidSend(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	s.server.Behave(func(b *testserver.Behaviour) { b.HoldMessages = true })
	h.call("send", sendParams(alice.Account.Phone.String(), "never acknowledged", messageOne))
	_, err := s.server.Await(s.context(), func(stanza testserver.Stanza) bool { return stanza.Node.Tag == "message" })
	if err != nil {
		t.Fatal(err)
	}
	h.closeIn()
}

func TestStdinClosedWhileTheHostOwesAnAnswer(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	h.setSilent(true)
	send(s, alice, "one")
	h.event("message", nil)
	h.closeIn()
	if s.server.Pending(s.account) != 1 {
		t.Error("acknowledged although the host never took it")
	}
}

func TestStdinClosedAtOnceAndWhileTheServerIsAway(t *testing.T) {
	s := newScene(t)
	s.start().closeIn()
	s.paired().closeIn()
	s.server.Behave(func(b *testserver.Behaviour) { b.Refuse = true })
	h := s.start()
	h.ok("connect", map[string]any{}, nil)
	h.event("disconnected", nil)
	h.closeIn()
}

func TestStdinClosedWhileNobodyReadsStdout(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	if err := h.command.Process.Signal(syscall.SIGSTOP); err != nil { // so that much waits for it
		t.Fatal(err)
	}
	for range 3 {
		send(s, alice, strings.Repeat("x", 60_000))
	}
	if err := h.command.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	h.closeIn()
}

func TestLock(t *testing.T) {
	s := newScene(t)
	first := s.start()
	first.event("hello", nil)
	begin := time.Now()
	second := s.startWith("real", "--store", s.store)
	second.exit(3)
	if took := time.Since(begin); took < 5*time.Second || took > 7*time.Second {
		t.Errorf("waited %s for the lock", took)
	}
	if lines := second.all("hello"); len(lines) > 0 {
		t.Error("said hello without the lock")
	}
	third := s.startWith("real", "--store", s.store)
	time.Sleep(time.Second)
	first.kill() // the lock goes with its process, however it ends
	third.event("hello", nil)
}

func TestStorePermissions(t *testing.T) {
	s := newScene(t)
	s.paired().closeIn()
	for _, name := range []string{s.store, s.store + ".lock"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %04o", filepath.Base(name), info.Mode().Perm())
		}
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660, 0o644} {
		if err := os.Chmod(s.store, mode); err != nil {
			t.Fatal(err)
		}
		h := s.start()
		h.exit(1)
		if !strings.Contains(h.log.String(), "chmod 600") {
			t.Errorf("mode %04o: the log does not say what to do: %s", mode, h.log)
		}
	}
	if err := os.Chmod(s.store, 0o600); err != nil {
		t.Fatal(err)
	}
	s.restarted()
}

func TestStoreThatCannotBeUsed(t *testing.T) {
	s := newScene(t)
	broken := filepath.Join(t.TempDir(), "broken.db")
	if err := os.WriteFile(broken, []byte(strings.Repeat("this is not a database\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range [][]string{
		{"--store", broken},
		{"--store", t.TempDir()},
		{"--store", filepath.Join(t.TempDir(), "no", "such", "directory.db")},
		{},
		{"--store", s.store, "something"},
		{"--nonsense"},
	} {
		h := s.startWith("quick", arguments...)
		h.exit(1)
		if h.log.Len() == 0 {
			t.Errorf("%v: no word about what is wrong", arguments)
		}
	}
}

func TestStoreWithASpecialName(t *testing.T) {
	s := newScene(t)
	s.store = filepath.Join(t.TempDir(), "what's 100%? #1 & 日本.db")
	s.paired().closeIn()
	if _, err := os.Stat(s.store); err != nil {
		t.Error(err)
	}
	s.restarted()
}

func TestEndpointOnLoopbackAlone(t *testing.T) {
	s := newScene(t)
	key := s.server.RootKey()
	for _, endpoint := range [][2]string{
		{"ws://192.0.2.1:80/ws/chat", key},
		{"ws://example.org/ws/chat", key},
		{"wss://127.0.0.1:1/ws/chat", key},
		{"http://127.0.0.1:1/", key},
		{"", key},
		{s.server.URL(), ""},
		{s.server.URL(), key[:10]},
		{s.server.URL(), strings.Repeat("x", 64)},
	} {
		t.Run(endpoint[0], func(t *testing.T) {
			h := s.launchWith(endpoint[0], endpoint[1])
			h.exit(1)
			if !strings.Contains(h.log.String(), "WHATSAPP_BRIDGE_") {
				t.Errorf("the log does not name the variable: %s", h.log)
			}
		})
	}
}

func TestSignals(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	if err := h.command.Process.Signal(os.Interrupt); err != nil { // Ctrl-C in the terminal is for the host
		t.Fatal(err)
	}
	h.ok("status", map[string]any{}, nil)
	if err := h.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	h.exit(1)
}

func TestLogIsJSONWithoutContents(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	says(s, h, alice, nil, "SECRET-INCOMING")
	s.server.Behave(func(b *testserver.Behaviour) { b.Garble = 1 })
	says(s, h, alice, nil, "SECRET-INCOMING")
	h.ok("send", sendParams(alice.Account.Phone.String(), "SECRET-OUTGOING", messageOne), nil)
	h.closeIn()
	scanner := bufio.NewScanner(strings.NewReader(h.log.String()))
	count := 0
	for scanner.Scan() {
		var entry struct{ Time, Level, Msg string }
		if err := json.Unmarshal(scanner.Bytes(), &entry); err != nil || entry.Time == "" || entry.Level == "" || entry.Msg == "" {
			t.Errorf("not a log line: %q", scanner.Text())
		}
		count++
	}
	if count == 0 || strings.Contains(h.log.String(), "SECRET") {
		t.Errorf("%d lines:\n%s", count, h.log)
	}
}

// raw writes a line as it is and answers the next line without method.
func (h *host) raw(text string) line {
	h.t.Helper()
	h.write(text)
	return h.await("answer to "+text[:min(len(text), 80)], func(l line) bool { return l.Method == "" })
}

func TestMalformedRequests(t *testing.T) {
	s := newScene(t)
	h := s.start()
	h.event("hello", nil)
	for _, c := range []struct {
		text string
		id   string
		code int
	}{
		{`{`, "null", -32700},
		{`hello`, "null", -32700},
		{"\x00\xff\xfe", "null", -32700},
		{`{"jsonrpc":"2.0","id":1,"method":"status"} trailing`, "null", -32700},
		{strings.Repeat("[", 100_000), "null", -32700},
		{`[]`, "null", -32600},
		{`7`, "null", -32600},
		{`null`, "null", -32600},
		{`{}`, "null", -32600},
		{`{"jsonrpc":"1.0","id":1,"method":"status"}`, "1", -32600},
		{`{"id":1,"method":"status"}`, "1", -32600},
		{`{"jsonrpc":"2.0","id":{},"method":"status"}`, "null", -32600},
		{`{"jsonrpc":"2.0","id":1}`, "1", -32600},
		{`{"jsonrpc":"2.0","id":1,"method":7}`, "null", -32600},
		{`{"jsonrpc":"2.0","id":1,"method":"dance"}`, "1", -32601},
		{`{"jsonrpc":"2.0","id":"a","method":""}`, `"a"`, -32601},
		{`{"jsonrpc":"2.0","id":2,"method":"send","params":[]}`, "2", -32602},
		{`{"jsonrpc":"2.0","id":3,"method":"send","params":{"chat":7}}`, "3", -32602},
		{`{"jsonrpc":"2.0","id":4,"method":"send"}`, "4", -32602},
		{`{"jsonrpc":"2.0","id":5,"method":"typing","params":"x"}`, "5", -32602},
		{`{"jsonrpc":"2.0","id":6.5,"method":"pair_phone","params":{"phone":[]}}`, "6.5", -32602},
		{`{"jsonrpc":"2.0","id":7,"method":"mark_read","params":{"ids":["x"],"chat":"a@b@c","sender":"x"}}`, "7", -32602},
	} {
		answer := h.raw(c.text)
		if answer.Error == nil || answer.Error.Code != c.code || (string(answer.ID) != c.id && !(c.id == "null" && answer.ID == nil)) {
			t.Errorf("%.80q: answered %+v (id %s), expected %d (id %s)", c.text, answer.Error, answer.ID, c.code, c.id)
		}
	}
	for _, harmless := range []string{
		"", "  ",
		`{"jsonrpc":"2.0","method":"dance"}`,
		`{"jsonrpc":"2.0","method":"status"}`,
		`{"jsonrpc":"2.0","id":"b999","result":{}}`,
		`{"jsonrpc":"2.0","id":999,"error":{"code":1,"message":"x"}}`,
	} {
		h.write(harmless)
	}
	answer := h.raw(`{"jsonrpc":"2.0","id":"last","method":"status","params":{"unknown":1},"more":true}`)
	if string(answer.ID) != `"last"` || answer.Error != nil {
		t.Errorf("after all that: %+v", answer)
	}
	_, _ = io.WriteString(h.in, `{"jsonrpc":"2.0","id":"without end of line","method":"status"}`)
	h.closeIn()
	h.await("the last answer", func(l line) bool { return string(l.ID) == `"without end of line"` })
}

func TestLineThatIsTooLong(t *testing.T) {
	s := newScene(t)
	h := s.start()
	h.event("hello", nil)
	if answer := h.raw(strings.Repeat("x", 65<<20)); answer.Error == nil || answer.Error.Code != -32700 {
		t.Errorf("answer: %+v", answer)
	}
	h.ok("status", map[string]any{}, nil)
}

func TestManyRequestsAtOnce(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	var ids []string
	for i := range 500 {
		ids = append(ids, h.call([]string{"status", "groups", "connect"}[i%3], map[string]any{"n": strconv.Itoa(i)}))
	}
	for _, id := range ids {
		if answer := h.answered(id); answer.Error != nil {
			t.Fatal(answer.Error)
		}
	}
}
