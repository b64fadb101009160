package bridge

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"
)

// ending says why a session ended and what follows from it.
type ending struct {
	reason          string
	restart         bool          // WhatsApp asked for a new connection: no wait
	lost            bool          // the socket is gone; why may be told by another event
	stop            *Stopped      // do not try again
	newDevice       bool          // the library cannot use the old one any more
	loggedOutByHost bool          // the host asked for it
	lasted          time.Duration // how long messages could flow
}

// session is one connection, from dialling to its end.
type session struct {
	client *whatsmeow.Client
	ctx    context.Context
	cancel context.CancelFunc
	ends   chan ending
	codes  chan []string
	paired chan struct{}
	login  chan struct{}
	gone   chan struct{} // the library has taken leave of the socket

	showsCodes atomic.Bool // it can be paired
	loggingOut atomic.Bool // at the wish of the host
	unlinked   atomic.Bool // WhatsApp says so, while logging out
}

// end asks for the end of the session; the first reason counts.
func (s *session) end(ended ending) {
	select {
	case s.ends <- ended:
	default: // it ends already
	}
}

// abandon cuts the connection at once, so that nothing more is acknowledged on it.
func (s *session) abandon(reason string) {
	s.end(ending{reason: reason})
	s.cancel()
}

// runSession connects and answers how the connection ended.
func (b *Bridge) runSession(ctx context.Context) ending {
	if b.restState() != StateUnpaired {
		b.setState(StateConnecting)
	} else {
		b.setState(StateUnpaired)
	}
	sessionContext, cancel := context.WithCancel(ctx)
	s := &session{
		client: b.currentClient(),
		ctx:    sessionContext,
		cancel: cancel,
		ends:   make(chan ending, 8),
		codes:  make(chan []string, 1),
		paired: make(chan struct{}, 1),
		login:  make(chan struct{}, 1),
		gone:   make(chan struct{}, 1),
	}
	b.useSession(s)
	dialled := false
	defer func() {
		// Cancelled first: a polite close would wait for the other side's, with the library's lock held. The library
		// takes leave of the socket by itself then; an explicit end in the middle of that would race with it.
		cancel()
		if dialled {
			s.awaitGone()
		}
		s.client.Disconnect()
		b.useSession(nil)
		// No message of this connection may be on its way to the host when the next one delivers it again.
		b.delivering.Lock()
		//lint:ignore SA2001 only waited for
		b.delivering.Unlock()
	}()
	if err := s.client.ConnectContext(sessionContext); err != nil {
		return ending{reason: "cannot connect: " + err.Error()}
	}
	dialled = true
	return b.follow(ctx, s)
}

// awaitGone gives the library a moment to notice that its socket is closed; where it closed it by itself it says nothing.
func (s *session) awaitGone() {
	select {
	case <-s.gone:
	case <-time.After(500 * time.Millisecond):
	}
}

func (b *Bridge) useSession(s *session) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.session = s
}

// follow waits for the end of a session. It does not trust that the library tells it: the socket and
// the progress of the login are looked at as well.
func (b *Bridge) follow(ctx context.Context, s *session) ending {
	var since time.Time // messages flow
	justPaired := false
	login := time.NewTimer(b.timings.Login)
	alive := time.NewTicker(b.timings.Alive)
	defer login.Stop()
	defer alive.Stop()
	finish := func(ended ending) ending {
		if !since.IsZero() {
			ended.lasted = time.Since(since)
		}
		return ended
	}
	for {
		select {
		case <-ctx.Done():
			return finish(ending{reason: "the bridge ends"})
		case ended := <-s.ends:
			if ended.lost && s.loggingOut.Load() {
				continue // the library closes the socket when it has logged out
			}
			switch {
			case ended.restart && !justPaired && b.restState() == StateUnpaired:
				ended = b.endOfPairing(s, ended)
			case ended.lost:
				ended = b.moreSpecific(s, ended)
			}
			// After a pairing the connection is meant to end, and its reason may get lost.
			ended.restart = ended.restart || ended.lost && justPaired
			return finish(ended)
		case codes := <-s.codes:
			s.showsCodes.Store(true)
			login.Stop() // a person decides now how long it takes
			go b.showCodes(s, codes)
		case <-s.paired:
			justPaired = true
			login.Reset(b.timings.Login)
		case <-s.login:
			login.Stop()
			since = time.Now()
		case <-login.C:
			return finish(ending{reason: fmt.Sprintf("WhatsApp did not complete the login within %s", b.timings.Login)})
		case <-alive.C:
			if !s.client.IsConnected() && !s.loggingOut.Load() {
				s.end(ending{reason: "the connection is gone", lost: true})
			}
		}
	}
}

// endOfPairing lets the library finish a pairing: WhatsApp's 515 overtakes it, and the device would be
// deleted if the connection were cut while it is being confirmed.
func (b *Bridge) endOfPairing(s *session, ended ending) ending {
	select {
	case <-s.paired:
		return ended
	case other := <-s.ends:
		if other.lost {
			return b.endOfPairing(s, ended)
		}
		return other
	case <-time.After(b.timings.Login):
		return ended
	}
}

// moreSpecific waits a moment for the event that says why the socket was closed: they come on different goroutines.
func (b *Bridge) moreSpecific(s *session, ended ending) ending {
	patience := time.After(300 * time.Millisecond)
	for {
		select {
		case other := <-s.ends:
			if !other.lost {
				return other
			}
		case <-patience:
			return ended
		}
	}
}

// onEvent gets all events of the library; false means that a message was not handled.
func (b *Bridge) onEvent(event any) bool {
	s := b.currentSession()
	if message, ok := event.(*events.Message); ok {
		return s != nil && b.deliver(s, message)
	}
	if s == nil {
		return true // a late word of a connection that has ended
	}
	switch event := event.(type) {
	case *events.QR:
		s.codes <- event.Codes
	case *events.PairSuccess:
		b.onPaired(s, event)
	case *events.PairError:
		s.end(ending{reason: "pairing failed: " + event.Error.Error(), newDevice: true})
	case *events.Connected:
		b.onConnected(s)
	case *events.PushNameSetting:
		b.mutex.Lock()
		b.identity.name = event.Action.GetName()
		b.mutex.Unlock()
	case *events.Disconnected:
		select {
		case s.gone <- struct{}{}:
		default:
		}
		if !s.client.IsConnected() {
			s.end(ending{reason: "WhatsApp or the network closed the connection", lost: true})
		}
	case *events.ManualLoginReconnect:
		s.end(ending{reason: "WhatsApp asked for a new connection", restart: true})
	case *events.KeepAliveTimeout:
		if event.ErrorCount >= b.timings.MissedAnswers {
			s.end(ending{reason: "WhatsApp does not answer any more"})
		}
	case *events.StreamError:
		s.end(ending{reason: strings.TrimSpace("WhatsApp ended the connection with an error " + event.Code)})
	case *events.ConnectFailure:
		s.end(ending{reason: "WhatsApp refused the connection: " + event.Reason.String()})
	case *events.CATRefreshError:
		s.end(ending{reason: "WhatsApp refused the connection: " + event.Error.Error()})
	case *events.LoggedOut:
		if s.loggingOut.Load() {
			s.unlinked.Store(true)
			return true
		}
		stopped := stopFor(event, time.Now())
		s.end(ending{reason: stopped.Text, stop: stopped})
	default:
		if stopped := stopFor(event, time.Now()); stopped != nil {
			s.end(ending{reason: stopped.Text, stop: stopped})
		}
	}
	return true
}

func (b *Bridge) onConnected(s *session) {
	device := s.client.Store
	b.mutex.Lock()
	if b.session != s {
		b.mutex.Unlock()
		return // too late: the connection is over
	}
	b.identity.name = device.PushName
	if !device.LID.IsEmpty() {
		b.identity.lid = device.LID.ToNonAD()
	}
	b.state = StateConnected
	me := b.identity
	b.mutex.Unlock()
	select {
	case s.login <- struct{}{}:
	default:
	}
	b.log.Info("connected", "jid", me.jid.String())
	b.peer.Notify("connected", Connected{me.jid.String(), me.lid.String(), me.name})
	go b.mergeChats(s)
}
