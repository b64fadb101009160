package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"nanoclaw.dev/whatsapp-bridge/internal/bridge"
	"nanoclaw.dev/whatsapp-bridge/internal/testserver"
)

// texts are those of all `message` requests so far, without immediate repetitions.
func (h *host) texts() []string {
	var found []string
	for _, params := range h.all("message") {
		var message bridge.Message
		if err := json.Unmarshal(params, &message); err != nil {
			h.t.Fatal(err)
		}
		found = append(found, message.Text)
	}
	return slices.Compact(found)
}

func (h *host) awaitTexts(expected ...string) {
	h.t.Helper()
	for end := time.Now().Add(patience); !slices.Equal(h.texts(), expected); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("the host got %q, expected %q", h.texts(), expected)
		}
	}
}

func send(s *scene, person *testserver.Person, texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		if _, err := person.Send(s.context(), s.account.LID, text); err != nil {
			s.t.Fatal(err)
		}
	}
}

func TestRefusedMessageIsOfferedAgainInOrder(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	refusals := 3
	h.mutex.Lock()
	h.refuse = func(line) bool { refusals--; return refusals >= 0 }
	h.mutex.Unlock()
	send(s, alice, "one", "two", "three")
	h.awaitTexts("one", "two", "three")
	if offers := len(h.all("message")); offers != 6 {
		t.Errorf("%d offers", offers)
	}
	s.nothingPending()
	if len(h.all("disconnected")) > 0 {
		t.Error("reconnected although the host took the messages in time")
	}
}

func TestLateAnswerCounts(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	h.setSilent(true)
	send(s, alice, "one")
	first := h.event("message", nil)
	h.event("message", nil) // offered again, because the first offer was not answered in time
	h.write(`{"jsonrpc":"2.0","id":` + string(first.ID) + `,"result":{}}`)
	s.nothingPending()
}

func TestSilentHostGetsTheMessageAfterReconnect(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	h.setSilent(true)
	send(s, alice, "one", "two")
	h.event("message", nil)
	var gone bridge.Disconnected
	h.event("disconnected", &gone)
	if !strings.Contains(gone.Reason, "host does not take messages") || gone.RetryIn <= 0 {
		t.Errorf("disconnected: %+v", gone)
	}
	if s.server.Pending(s.account) != 2 {
		t.Errorf("%d messages wait, expected both", s.server.Pending(s.account))
	}
	h.event("connected", nil)
	h.setSilent(false)
	h.awaitTexts("one", "two")
	s.nothingPending()
}

func TestKillBeforeTheCommitThenRedelivery(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	group := s.server.NewGroup("Family", true, s.account, alice.Account)
	h.setSilent(true) // a host that dies before its commit
	send(s, alice, "to you")
	if _, err := alice.Send(s.context(), group.JID, "to all"); err != nil {
		t.Fatal(err)
	}
	h.event("message", nil)
	h.kill()

	// Killed once more, at the second message: both have been decrypted once, and are still there.
	h = s.start()
	h.mutex.Lock()
	h.refuse = func(l line) bool { return strings.Contains(string(l.Params), "to all") }
	h.mutex.Unlock()
	h.ok("connect", map[string]any{}, nil)
	h.awaitTexts("to you", "to all")
	h.kill()

	h = s.restarted()
	h.awaitTexts("to all")
	s.nothingPending()
	says(s, h, alice, group, "next")
}

func TestKilledBetweenCommitAndAcknowledgement(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	for range 3 {
		send(s, alice, "committed")
		h.event("message", nil) // answered by the test's host at the same moment
		h.kill()
		h = s.restarted()
	}
	s.nothingPending()
	if count := len(slices.Compact(h.texts())); count > 1 {
		t.Errorf("texts after the restart: %q", h.texts())
	}
}

func TestMessagesWaitWhileTheBridgeIsAway(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	h.closeIn()
	send(s, alice, "one", "two", "three")
	h = s.restarted()
	h.awaitTexts("one", "two", "three")
	s.nothingPending()
}

func TestLostAcknowledgementMakesNoSecondMessage(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	chat := alice.Account.Phone.String()
	s.server.Behave(func(b *testserver.Behaviour) { b.LoseAcks = 1 })
	h.failed(2, "send", sendParams(chat, "once", messageOne))
	h.ok("send", sendParams(chat, "once", messageOne), nil)
	awaitText(s, alice, "once")
	time.Sleep(300 * time.Millisecond)
	for _, copied := range alice.Texts("once") {
		if copied.Info.ID != messageOne {
			t.Errorf("a second message with the id %s", copied.Info.ID)
		}
	}
}

func TestSendRepeatedAfterItsAcknowledgement(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	chat := alice.Account.Phone.String()
	var first, second struct{ Timestamp int64 }
	h.ok("send", sendParams(chat, "once", messageOne), &first)
	h.kill() // and the host with it, before its commit
	h = s.restarted()
	h.ok("send", sendParams(chat, "once", messageOne), &second)
	if first != second {
		t.Errorf("timestamps %d and %d", first.Timestamp, second.Timestamp)
	}
	awaitText(s, alice, "once")
	time.Sleep(300 * time.Millisecond)
	if copies := len(alice.Texts("once")); copies != 1 {
		t.Errorf("Alice got it %d times", copies)
	}
}

func TestResendAskedForAfterARestart(t *testing.T) {
	for _, where := range []string{"alone", "group"} {
		t.Run(where, func(t *testing.T) {
			s := newScene(t)
			h := s.paired()
			alice := s.person("Alice")
			chat := alice.Account.LID
			if where == "group" {
				chat = s.server.NewGroup("Family", true, s.account, alice.Account).JID
			}
			h.ok("send", sendParams(chat.String(), "readable", messageTwo), nil)
			awaitText(s, alice, "readable")

			s.server.Behave(func(b *testserver.Behaviour) { b.Garble, b.HoldRetries = 1, true })
			h.ok("send", sendParams(chat.String(), "garbled on the way", messageOne), nil)
			h.kill()
			if _, err := testserver.Await(s.context(), alice, func(*events.UndecryptableMessage) bool { return true }); err != nil {
				t.Fatal(err)
			}
			s.restarted()
			if received := awaitText(s, alice, "garbled on the way"); received.Info.ID != messageOne {
				t.Errorf("received: %+v", received.Info)
			}
		})
	}
}

func TestUnreadableMessageIsAskedForAgain(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	says(s, h, alice, nil, "readable")
	s.server.Behave(func(b *testserver.Behaviour) { b.Garble = 1 })
	if message := says(s, h, alice, nil, "garbled on the way"); message.Text != "garbled on the way" {
		t.Errorf("received: %+v", message)
	}
}
