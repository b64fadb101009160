package main

import (
	"strings"
	"testing"

	"nanoclaw.dev/whatsapp-bridge/internal/bridge"
)

func TestPairByQRThenRestartWithoutPairing(t *testing.T) {
	s := newScene(t)
	h := s.start()
	var hello bridge.Hello
	h.event("hello", &hello)
	if hello.Protocol != 1 || hello.State != bridge.StateUnpaired || hello.Bridge == "" || !strings.HasPrefix(hello.Whatsmeow, "v0.") {
		t.Errorf("hello of an unpaired bridge: %+v", hello)
	}
	h.ok("connect", map[string]any{}, nil)
	var qr bridge.QR
	h.event("qr", &qr)
	if !strings.HasPrefix(qr.Code, "https://wa.me/settings/linked_devices#") || qr.ExpiresIn <= 0 {
		t.Errorf("qr: %+v", qr)
	}
	if err := s.server.Pair(qr.Code, s.account); err != nil {
		t.Fatal(err)
	}
	var paired bridge.Paired
	h.event("paired", &paired)
	if paired.JID != s.account.Phone.String() || paired.LID != s.account.LID.String() {
		t.Errorf("paired: %+v", paired)
	}
	var connected bridge.Connected
	h.event("connected", &connected)
	if connected.JID != paired.JID || connected.LID != paired.LID {
		t.Errorf("connected: %+v", connected)
	}
	h.closeIn()

	again := s.start()
	again.event("hello", &hello)
	if hello.State != bridge.StateDisconnected {
		t.Errorf("hello of a paired bridge: %+v", hello)
	}
	again.ok("connect", map[string]any{}, nil)
	again.event("connected", nil)
	if len(again.all("qr")) > 0 {
		t.Error("a paired bridge showed a QR code")
	}
	var status struct{ State, JID, LID string }
	again.ok("status", map[string]any{}, &status)
	if status.State != "connected" || status.JID != paired.JID || status.LID != paired.LID {
		t.Errorf("status: %+v", status)
	}
}

func TestPairByCode(t *testing.T) {
	s := newScene(t)
	h := s.start()
	h.ok("connect", map[string]any{}, nil)
	h.failed(-32602, "pair_phone", map[string]any{"phone": "12"})
	h.failed(-32602, "pair_phone", map[string]any{"phone": "0151000000"})
	var answer struct{ Code string }
	h.ok("pair_phone", map[string]any{"phone": s.account.Phone.User}, &answer)
	if len(answer.Code) != 9 || answer.Code[4] != '-' {
		t.Errorf("code: %q", answer.Code)
	}
	if err := s.server.PairByCode(answer.Code, s.account); err != nil {
		t.Fatal(err)
	}
	h.event("paired", nil)
	h.event("connected", nil)
	h.failed(-32600, "pair_phone", map[string]any{"phone": s.account.Phone.User})
	says(s, h, s.person("Alice"), nil, "welcome")
}

func TestPairPhoneWithoutConnection(t *testing.T) {
	s := newScene(t)
	h := s.start()
	h.failed(1, "pair_phone", map[string]any{"phone": s.account.Phone.User})
}

func TestQRCodesRotateAndAreRenewed(t *testing.T) {
	s := newScene(t)
	h := s.start()
	h.ok("connect", map[string]any{}, nil)
	seen := make(map[string]bool)
	for i := range 8 { // six of the first connection, then new ones
		var qr bridge.QR
		h.event("qr", &qr)
		if seen[qr.Code] {
			t.Errorf("code %d was shown before", i)
		}
		seen[qr.Code] = true
		if i == 7 {
			if err := s.server.Pair(qr.Code, s.account); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.event("connected", nil)
	if waits := h.all("disconnected"); len(waits) != 1 {
		t.Errorf("waits: %s", waits)
	}
}
