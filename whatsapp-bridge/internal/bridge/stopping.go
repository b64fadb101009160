package bridge

import (
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/types/events"
)

// stopFor says in words for the owner why trying again would not help, or nil when it would.
func stopFor(event any, now time.Time) *Stopped {
	switch event := event.(type) {
	case *events.LoggedOut:
		return &Stopped{
			Reason: reasonLoggedOut,
			Text:   fmt.Sprintf("WhatsApp has logged this device out (%s). Pair it again.", event.Reason),
		}
	case *events.StreamReplaced:
		return &Stopped{
			Reason: reasonReplaced,
			Text:   "Another program has taken over this WhatsApp session. Stop it, then connect again.",
		}
	case *events.TemporaryBan:
		stopped := &Stopped{
			Reason: reasonBanned,
			Text:   fmt.Sprintf("WhatsApp has banned this account for a while (%s).", event.Code),
		}
		if event.Expire > 0 {
			stopped.Until = now.Add(event.Expire).UnixMilli()
		}
		return stopped
	case *events.ClientOutdated:
		return &Stopped{
			Reason: reasonOutdated,
			Text:   "WhatsApp refuses this version of whatsapp-bridge as outdated. Update NanoClaw.",
		}
	default:
		return nil
	}
}
