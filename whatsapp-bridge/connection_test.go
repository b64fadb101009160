package main

import (
	"strconv"
	"testing"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	waStore "go.mau.fi/whatsmeow/store"

	"nanoclaw.dev/whatsapp-bridge/internal/bridge"
	"nanoclaw.dev/whatsapp-bridge/internal/testserver"
)

func (h *host) state() (state bridge.State) {
	h.t.Helper()
	var status struct{ State bridge.State }
	h.ok("status", map[string]any{}, &status)
	return status.State
}

func (h *host) stopped(reason string) bridge.Stopped {
	h.t.Helper()
	var stopped bridge.Stopped
	h.event("stopped", &stopped)
	if stopped.Reason != reason || stopped.Text == "" {
		h.t.Errorf("stopped: %+v", stopped)
	}
	if state := h.state(); state != bridge.StateStopped {
		h.t.Errorf("state after stopped: %s", state)
	}
	return stopped
}

// works shows that the connection carries messages both ways.
func (s *scene) works(h *host, alice *testserver.Person, id string) {
	s.t.Helper()
	says(s, h, alice, nil, "are you there?")
	h.ok("send", sendParams(alice.Account.Phone.String(), "yes "+id, id), nil)
	awaitText(s, alice, "yes "+id)
}

func TestReconnects(t *testing.T) {
	for name, cut := range map[string]func(*scene){
		"dropped":             func(s *scene) { s.server.Drop(s.account) },
		"restart of a server": func(s *scene) { s.server.StreamError(s.account, "503", "") },
		"unknown error":       func(s *scene) { s.server.StreamError(s.account, "516", "") },
		"not authorized":      func(s *scene) { s.server.StreamError(s.account, "401", "") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			h := s.paired()
			alice := s.person("Alice")
			cut(s)
			var gone bridge.Disconnected
			h.event("disconnected", &gone)
			if gone.Reason == "" || gone.RetryIn <= 0 {
				t.Errorf("disconnected: %+v", gone)
			}
			h.event("connected", nil)
			s.works(h, alice, messageOne)
		})
	}
}

func TestReconnectsAtOnceAfter515(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	s.server.StreamError(s.account, "515", "")
	h.event("connected", nil)
	if waits := h.all("disconnected"); len(waits) != 0 {
		t.Errorf("waited: %s", waits)
	}
	s.works(h, alice, messageOne)
}

func TestReconnectsWhenTheTryAfter515Fails(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	s.server.Behave(func(b *testserver.Behaviour) { b.Refuse = true })
	s.server.StreamError(s.account, "515", "")
	for range 4 {
		h.event("disconnected", nil)
	}
	s.server.Behave(func(b *testserver.Behaviour) { b.Refuse = false })
	h.event("connected", nil)
}

func TestEndless515DoesNotSpin(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	s.server.Behave(func(b *testserver.Behaviour) { b.RestartForever = true })
	s.server.StreamError(s.account, "515", "")
	for range 3 {
		h.event("disconnected", nil)
	}
	s.server.Behave(func(b *testserver.Behaviour) { b.RestartForever = false })
	h.event("connected", nil)
}

func TestPairingWithoutThe515(t *testing.T) {
	s := newScene(t)
	s.server.Behave(func(b *testserver.Behaviour) { b.NoRestart = true })
	s.paired()
}

func TestReconnectsForEverWithGrowingWaits(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	s.server.Behave(func(b *testserver.Behaviour) { b.Refuse = true })
	s.server.Drop(s.account)
	var waits []int64
	for range 8 {
		var gone bridge.Disconnected
		h.event("disconnected", &gone)
		waits = append(waits, gone.RetryIn)
	}
	most := quickTimings().RetryMax.Milliseconds()
	if waits[0] > 100 || waits[7] < most/2 || waits[7] > most {
		t.Errorf("waits: %v", waits)
	}
	if state := h.state(); state != bridge.StateDisconnected && state != bridge.StateConnecting {
		t.Errorf("state: %s", state)
	}
	h.failed(1, "send", sendParams("4915100000101@s.whatsapp.net", "x", messageOne))
	h.failed(1, "typing", map[string]any{"chat": "4915100000101@s.whatsapp.net", "state": "paused"})
	h.failed(1, "groups", map[string]any{})
	h.failed(1, "logout", map[string]any{})
	s.server.Behave(func(b *testserver.Behaviour) { b.Refuse = false })
	h.event("connected", nil)
}

func TestSendSurvivesAShortLoss(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	s.works(h, alice, messageTwo)
	s.server.Behave(func(b *testserver.Behaviour) { b.HoldMessages = true })
	id := h.call("send", sendParams(alice.Account.Phone.String(), "in between", messageOne))
	_, err := s.server.Await(s.context(), func(stanza testserver.Stanza) bool {
		return stanza.Node.Tag == "message" && stanza.Node.Attrs["id"] == messageOne
	})
	if err != nil {
		t.Fatal(err)
	}
	s.server.Behave(func(b *testserver.Behaviour) { b.HoldMessages = false })
	s.server.Drop(s.account)
	if answer := h.answered(id); answer.Error != nil && answer.Error.Code != 1 && answer.Error.Code != 2 {
		t.Errorf("answer: %+v", answer.Error)
	} else if answer.Error != nil {
		h.event("connected", nil)
		h.ok("send", sendParams(alice.Account.Phone.String(), "in between", messageOne), nil)
	}
	if received := awaitText(s, alice, "in between"); received.Info.ID != messageOne {
		t.Errorf("received: %+v", received.Info)
	}
}

func TestStoppedByUnlinkingWhileConnected(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	s.server.StreamError(s.account, "401", "device_removed")
	h.stopped("logged_out")
	h.never("disconnected", 500*time.Millisecond)
	s.pairAgain(h)
}

// pairAgain pairs in the same process.
func (s *scene) pairAgain(h *host) {
	s.t.Helper()
	h.ok("connect", map[string]any{}, nil)
	var qr bridge.QR
	h.event("qr", &qr)
	if err := s.server.Pair(qr.Code, s.account); err != nil {
		s.t.Fatal(err)
	}
	h.event("paired", nil)
	h.event("connected", nil)
	s.works(h, s.person("Zoe"), messageTwo)
}

func TestStoppedAtLogin(t *testing.T) {
	for _, reason := range []int{401, 403, 406} {
		t.Run(strconv.Itoa(reason), func(t *testing.T) {
			s := newScene(t)
			s.paired().closeIn()
			s.server.Behave(func(b *testserver.Behaviour) {
				b.FailLogin = func(phone string) waBinary.Attrs {
					if phone == s.account.Phone.User {
						return waBinary.Attrs{"reason": strconv.Itoa(reason)}
					}
					return nil
				}
			})
			h := s.start()
			h.ok("connect", map[string]any{}, nil)
			h.stopped("logged_out")
			s.server.Behave(func(b *testserver.Behaviour) { b.FailLogin = nil })
			s.pairAgain(h)
			h.closeIn()
			s.restarted()
		})
	}
}

func TestStoppedByABan(t *testing.T) {
	s := newScene(t)
	s.paired().closeIn()
	s.server.Behave(func(b *testserver.Behaviour) {
		b.FailLogin = func(string) waBinary.Attrs {
			return waBinary.Attrs{"reason": "402", "code": "101", "expire": "3600"}
		}
	})
	h := s.start()
	h.ok("connect", map[string]any{}, nil)
	stopped := h.stopped("banned")
	if left := time.Until(time.UnixMilli(stopped.Until)); left < 59*time.Minute || left > 61*time.Minute {
		t.Errorf("banned for %s", left)
	}
	s.server.Behave(func(b *testserver.Behaviour) { b.FailLogin = nil })
	h.ok("connect", map[string]any{}, nil)
	h.event("connected", nil)
}

func TestFailuresThatAreNoReasonToStop(t *testing.T) {
	for _, reason := range []string{"400", "409", "413", "415", "418", "500", "501", "503"} {
		t.Run(reason, func(t *testing.T) {
			s := newScene(t)
			h := s.paired()
			s.server.Behave(func(b *testserver.Behaviour) {
				b.FailLogin = func(string) waBinary.Attrs { return waBinary.Attrs{"reason": reason} }
			})
			s.server.Drop(s.account)
			for range 3 {
				h.event("disconnected", nil)
			}
			s.server.Behave(func(b *testserver.Behaviour) { b.FailLogin = nil })
			h.event("connected", nil)
			if len(h.all("stopped")) > 0 {
				t.Error("stopped")
			}
		})
	}
}

func TestStoppedWhenReplaced(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	s.server.StreamError(s.account, "", "replaced")
	h.stopped("replaced")
	h.never("connected", 500*time.Millisecond)
	h.ok("connect", map[string]any{}, nil)
	h.event("connected", nil)
	s.works(h, alice, messageOne)
}

func TestOutdatedFetchesTheVersionOnceAndRemembersIt(t *testing.T) {
	s := newScene(t)
	s.paired().closeIn()
	wanted := int(waStore.GetWAVersion()[2]) + 1000
	s.server.Behave(func(b *testserver.Behaviour) { b.OldestRevision, b.WebRevision = wanted, wanted })
	h := s.start()
	h.ok("connect", map[string]any{}, nil)
	h.event("connected", nil)
	h.closeIn()

	// Without the web page, too: the version is in the store.
	s.server.Behave(func(b *testserver.Behaviour) { b.WebRevision = 0 })
	s.restarted()
}

func TestStoppedWhenOutdatedForGood(t *testing.T) {
	for name, offered := range map[string]int{"page missing": 0, "no newer version": 1000, "newer, but refused as well": 2_000_000_000} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.paired().closeIn()
			s.server.Behave(func(b *testserver.Behaviour) { b.OldestRevision, b.WebRevision = 2_100_000_000, offered })
			h := s.start()
			h.ok("connect", map[string]any{}, nil)
			h.stopped("outdated")
			h.never("disconnected", 300*time.Millisecond)
		})
	}
}

func TestLogout(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	h.ok("logout", map[string]any{}, nil)
	if state := h.state(); state != bridge.StateUnpaired {
		t.Errorf("state after logout: %s", state)
	}
	h.never("stopped", 500*time.Millisecond)
	if events := h.all("disconnected"); len(events) > 0 {
		t.Errorf("disconnected: %s", events)
	}
	h.ok("logout", map[string]any{}, nil) // again: nothing to do
	s.pairAgain(h)
	h.closeIn()
	s.restarted()
}

func TestKeepAliveThatIsNotAnswered(t *testing.T) {
	s := newScene(t)
	s.paired().closeIn()
	h := s.startWith("quick keep-alives", "--store", s.store)
	h.ok("connect", map[string]any{}, nil)
	h.event("connected", nil)
	s.server.Behave(func(b *testserver.Behaviour) { b.Deaf = true })
	var gone bridge.Disconnected
	h.event("disconnected", &gone)
	s.server.Behave(func(b *testserver.Behaviour) { b.Deaf = false })
	h.event("connected", nil)
}

func TestConnectCutsTheWaitShort(t *testing.T) {
	s := newScene(t)
	s.paired().closeIn()
	s.server.Behave(func(b *testserver.Behaviour) { b.Refuse = true })
	h := s.startWith("real", "--store", s.store) // with real waits: 1, 2, 4, 8 s
	h.ok("connect", map[string]any{}, nil)
	for range 3 {
		h.event("disconnected", nil)
		h.ok("connect", map[string]any{}, nil)
	}
	h.event("disconnected", nil)
	s.server.Behave(func(b *testserver.Behaviour) { b.Refuse = false })
	begin := time.Now()
	h.ok("connect", map[string]any{}, nil)
	h.event("connected", nil)
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("connected after %s", took)
	}
}
