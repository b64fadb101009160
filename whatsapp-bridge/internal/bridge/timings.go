package bridge

import (
	"math/rand/v2"
	"time"
)

// Timings are all waits of the bridge; tests shorten them.
type Timings struct {
	Lock           time.Duration // for the lock of the store
	Exit           time.Duration // from the end of stdin to the end of the process
	Answer         time.Duration // of the host to a message, before it is offered again
	OfferMin       time.Duration // between two offers of a message
	OfferMax       time.Duration
	GiveUp         time.Duration // with a message that the host does not take
	Login          time.Duration // from dialling to being logged in
	Alive          time.Duration // between two looks whether the socket is still there
	RetryMin       time.Duration // between two connections
	RetryMax       time.Duration
	Stable         time.Duration // a connection that lasted so long was a good one
	Send           time.Duration // for WhatsApp's acknowledgement of a message
	PairPhone      time.Duration // for the connection that a pairing code needs
	FirstCode      time.Duration // of a QR code, then NextCode each
	NextCode       time.Duration
	ServerVersion  time.Duration // for the current version of WhatsApp Web
	MissedAnswers  int           // to keep-alives in a row, before a connection counts as lost
	TooFastRetryIn time.Duration // told to the host when WhatsApp limits the rate
}

// DefaultTimings are those of DESIGN.md §7, and of WhatsApp Web for the QR codes.
var DefaultTimings = Timings{
	Lock:           5 * time.Second,
	Exit:           2 * time.Second,
	Answer:         30 * time.Second,
	OfferMin:       time.Second,
	OfferMax:       30 * time.Second,
	GiveUp:         4 * time.Minute,
	Login:          2 * time.Minute,
	Alive:          5 * time.Second,
	RetryMin:       time.Second,
	RetryMax:       time.Minute,
	Stable:         30 * time.Second,
	Send:           30 * time.Second,
	PairPhone:      15 * time.Second,
	FirstCode:      60 * time.Second,
	NextCode:       20 * time.Second,
	ServerVersion:  30 * time.Second,
	MissedAnswers:  2,
	TooFastRetryIn: time.Minute,
}

// backoff doubles from least to most; jitter keeps many clients from coming back at the same moment.
type backoff struct {
	least, most time.Duration
	next        time.Duration
}

func (b *backoff) reset() {
	b.next = 0
}

func (b *backoff) step() time.Duration {
	b.next = min(max(2*b.next, b.least), b.most)
	return b.next
}

func (b *backoff) stepWithJitter() time.Duration {
	step := b.step()
	return min(step*3/4+rand.N(step/2+1), b.most)
}
