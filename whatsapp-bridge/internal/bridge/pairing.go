package bridge

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"

	"nanoclaw.dev/whatsapp-bridge/internal/rpc"
)

// showCodes gives the QR codes of a session to the host one after the other, then asks for new ones.
func (b *Bridge) showCodes(s *session, codes []string) {
	for i, code := range codes {
		wait := b.timings.NextCode
		if i == 0 {
			wait = b.timings.FirstCode
		}
		b.peer.Notify("qr", QR{code, wait.Milliseconds()})
		select {
		case <-time.After(wait):
		case <-s.ctx.Done():
			return
		}
		if b.restState() != StateUnpaired {
			return
		}
	}
	s.end(ending{reason: "the QR codes have expired"})
}

func (b *Bridge) onPaired(s *session, event *events.PairSuccess) {
	me := identity{jid: event.ID.ToNonAD(), lid: event.LID.ToNonAD()}
	b.log.Info("paired", "jid", me.jid.String())
	// Told first: as soon as the rest knows, the next connection may be made and told.
	b.peer.Notify("paired", Paired{me.jid.String(), me.lid.String()})
	b.mutex.Lock()
	b.identity = me
	b.state = StateConnecting
	b.mutex.Unlock()
	s.paired <- struct{}{}
}

// pairPhone gets the code that the owner types into the phone instead of scanning a QR code.
func (b *Bridge) pairPhone(ctx context.Context, params pairPhoneParams) (any, *rpc.Error) {
	if me := b.whoAmI(); !me.jid.IsEmpty() {
		return nil, &rpc.Error{Code: rpc.CodeInvalidRequest, Message: "already paired with " + me.jid.String() + "; log out first"}
	}
	client, ready := b.unpairedClient(ctx)
	if !ready {
		return nil, notConnected(b.currentState())
	}
	code, err := client.PairPhone(ctx, params.Phone, true, whatsmeow.PairClientChrome, "Chrome (Linux)")
	switch {
	case err == nil:
		return pairPhoneResult{code}, nil
	case errors.Is(err, whatsmeow.ErrPhoneNumberTooShort), errors.Is(err, whatsmeow.ErrPhoneNumberIsNotInternational),
		errors.Is(err, whatsmeow.ErrIQBadRequest):
		return nil, rpc.InvalidParams("phone: %s; give all digits, beginning with the country code", err)
	case errors.Is(err, whatsmeow.ErrIQRateOverLimit):
		return nil, b.tooFast(err)
	case isConnectionError(err):
		return nil, &rpc.Error{Code: codeNotConnected, Message: err.Error()}
	default:
		return nil, &rpc.Error{Code: rpc.CodeInternalError, Message: "WhatsApp gave no pairing code: " + err.Error()}
	}
}

// unpairedClient waits until the connection shows QR codes: WhatsApp takes no phone number before.
func (b *Bridge) unpairedClient(ctx context.Context) (*whatsmeow.Client, bool) {
	ctx, cancel := context.WithTimeout(ctx, b.timings.PairPhone)
	defer cancel()
	for {
		if s := b.currentSession(); s != nil && s.showsCodes.Load() {
			return s.client, true
		}
		if !b.wanted.Load() {
			return nil, false
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return nil, false
		}
	}
}
