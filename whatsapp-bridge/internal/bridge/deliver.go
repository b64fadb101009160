package bridge

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"nanoclaw.dev/whatsapp-bridge/internal/rpc"
)

// deliver gives a message to the host and says whether it may be acknowledged to WhatsApp. When it may
// not, the connection is cut as well: this one does not deliver the message again, and later ones must not overtake it.
func (b *Bridge) deliver(s *session, event *events.Message) bool {
	// Before the library's limit of five minutes, after which it would go on with the next message.
	ctx, cancel := context.WithTimeout(s.ctx, b.timings.GiveUp)
	defer cancel()
	b.delivering.Lock()
	defer b.delivering.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	b.addresses.noteMode(event.Info)
	message, wanted := b.translateSafely(ctx, s, event)
	if !wanted {
		return true
	}
	if err := b.deliverTranslated(ctx, event, message); err != nil {
		b.log.Warn("message left with WhatsApp", "id", message.ID, "error", err)
		s.abandon("the host does not take messages")
		return false
	}
	return true
}

func (b *Bridge) deliverTranslated(ctx context.Context, event *events.Message, message *Message) error {
	if err := b.offerMerges(ctx); err != nil {
		return err
	}
	chat, _ := b.chatOf(ctx, event)
	if err := b.addresses.rememberChat(ctx, chat); err != nil {
		return err
	}
	return b.offer(ctx, "message", message)
}

// translateSafely keeps a message that the translation cannot cope with from being lost or from blocking all others.
func (b *Bridge) translateSafely(ctx context.Context, s *session, event *events.Message) (message *Message, wanted bool) {
	defer func() {
		if problem := recover(); problem != nil {
			b.log.Error("message not understood", "id", event.Info.ID, "problem", problem, "stack", string(debug.Stack()))
			message, wanted = b.envelope(ctx, event), true
			message.Media = &Media{Type: mediaOther}
		}
	}()
	return b.translate(ctx, s, event)
}

// offer asks the host to take something until it says yes. A late yes to an earlier offer counts.
func (b *Bridge) offer(ctx context.Context, method string, params any) error {
	answers := make(chan rpc.Answer, 1024)
	wait := backoff{least: b.timings.OfferMin, most: b.timings.OfferMax}
	for {
		forget, err := b.peer.Ask(ctx, method, params, answers)
		if err != nil {
			return fmt.Errorf("%s not offered to the host: %w", method, err)
		}
		defer forget() //nolint:revive // few, and all of them until the end
		refused, err := awaitYes(ctx, answers, b.timings.Answer, true)
		if err != nil {
			return fmt.Errorf("%s not taken by the host: %w", method, err)
		}
		if refused == accepted {
			return nil
		}
		pause := wait.step()
		b.log.Warn(method+" not taken by the host", "answer", string(refused), "again_in", pause)
		again, err := awaitYes(ctx, answers, pause, false)
		if err != nil {
			return fmt.Errorf("%s not taken by the host: %w", method, err)
		}
		if again == accepted {
			return nil
		}
	}
}

// outcome is what came of an offer.
type outcome string

const (
	accepted outcome = "accepted"
	silence  outcome = "none"
)

// awaitYes waits for a yes, or for a no if that ends the wait too.
func awaitYes(ctx context.Context, answers <-chan rpc.Answer, patience time.Duration, noEnds bool) (outcome, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case answer := <-answers:
			if answer == nil {
				return accepted, nil
			}
			if noEnds {
				return outcome(answer.Error()), nil
			}
		case <-timer.C:
			return silence, nil
		case <-ctx.Done():
			return silence, context.Cause(ctx)
		}
	}
}

// offerMerges tells the host which of its chats have turned out to be another one, before messages come for that.
func (b *Bridge) offerMerges(ctx context.Context) error {
	for _, merge := range b.addresses.mergeable(ctx) {
		if err := b.offer(ctx, "chat_merged", merge); err != nil {
			return err
		}
		if err := b.addresses.merged(ctx, merge.From); err != nil {
			return err
		}
	}
	return nil
}

// mergeChats does so when something else than a message brought the phone number.
func (b *Bridge) mergeChats(s *session) {
	ctx, cancel := context.WithTimeout(s.ctx, b.timings.GiveUp)
	defer cancel()
	b.delivering.Lock()
	defer b.delivering.Unlock()
	if err := b.offerMerges(ctx); err != nil && s.ctx.Err() == nil {
		b.log.Warn("chats not merged yet", "error", err)
	}
}
