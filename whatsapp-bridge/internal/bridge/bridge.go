// Package bridge lets a host speak to WhatsApp through JSON-RPC lines: DESIGN.md §7 is its contract.
package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	waStore "go.mau.fi/whatsmeow/store"
	"google.golang.org/protobuf/proto"

	"nanoclaw.dev/whatsapp-bridge/internal/rpc"
	"nanoclaw.dev/whatsapp-bridge/internal/store"
)

// Version of the bridge, told in hello.
const Version = "1.0.0"

// Bridge is one account's connection to WhatsApp, in the service of one host.
type Bridge struct {
	log       *slog.Logger
	store     *store.Store
	endpoint  Endpoint
	timings   Timings
	peer      *rpc.Peer
	addresses *addressBook
	sends     chan func()

	// wake is how a `connect` reaches the goroutine that connects; wanted says that there was one.
	wake   chan struct{}
	wanted atomic.Bool

	mutex    sync.Mutex // guards what follows
	client   *whatsmeow.Client
	identity identity
	state    State
	session  *session

	// delivering is held while a message is given to the host, so that they arrive one by one.
	delivering sync.Mutex
}

// identity is who the bridge is; the library changes its own copy at any moment.
type identity struct {
	jid, lid address
	name     string
}

// New makes a bridge that is not connected yet.
func New(ctx context.Context, opened *store.Store, endpoint Endpoint, timings Timings, log *slog.Logger) (*Bridge, error) {
	b := &Bridge{
		log:      log,
		store:    opened,
		endpoint: endpoint,
		timings:  timings,
		sends:    make(chan func(), 1000),
		wake:     make(chan struct{}, 1),
	}
	introduceAs("NanoClaw")
	if err := b.rememberedVersion(ctx); err != nil {
		return nil, err
	}
	device, err := opened.Sessions.GetFirstDevice(ctx)
	if err != nil {
		return nil, fmt.Errorf("store: cannot read the session: %w", err)
	}
	b.addresses, err = newAddressBook(ctx, opened)
	if err != nil {
		return nil, err
	}
	b.useDevice(device)
	return b, nil
}

// introduceAs sets the name that the phone shows in its list of linked devices.
func introduceAs(name string) {
	waStore.DeviceProps.Os = proto.String(name)
	waStore.DeviceProps.PlatformType = waCompanionReg.DeviceProps_CHROME.Enum()
}

// useDevice makes the client for a stored session, or for one that is yet to be paired.
func (b *Bridge) useDevice(device *waStore.Device) {
	client := whatsmeow.NewClient(device, NewLibraryLog(b.log))
	// The four settings without which messages are lost, each when the process is killed at the wrong moment.
	client.SynchronousAck = true
	client.EnableDecryptedEventBuffer = true
	client.UseRetryMessageStore = true
	client.AddEventHandlerWithSuccessStatus(b.onEvent)
	// We reconnect ourselves: the library's waits grow without limit, and after a 515 it tries once.
	client.EnableAutoReconnect = false
	client.DisableLoginAutoReconnect = true
	// Never called for WhatsApp, but the library would not survive if it were and nothing was there.
	client.RefreshCAT = func(context.Context) error { return errors.New("not a Messenger account") }
	web := b.endpoint.client(b.timings.ServerVersion)
	client.SetWebsocketHTTPClient(web)
	client.SetPreLoginHTTPClient(web)
	client.SetMediaHTTPClient(b.endpoint.client(0))

	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.client = client
	b.identity = identity{}
	b.state = StateUnpaired
	if device.ID != nil {
		b.identity = identity{device.ID.ToNonAD(), device.LID.ToNonAD(), device.PushName}
		b.state = StateDisconnected
	}
}

// Run serves the host until its end of the pipe closes (nil) or something breaks.
func (b *Bridge) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	b.peer = rpc.New(ctx, out, b.log, func(err error) { cancel(err) })
	b.peer.Notify("hello", Hello{Protocol, Version, libraryVersion(), b.currentState()})

	var work sync.WaitGroup
	work.Go(func() { b.keepSending(ctx) })
	work.Go(func() { b.supervise(ctx) })
	go func() {
		// A read cannot be interrupted, so this goroutine may outlive Run.
		cancel(b.peer.Serve(ctx, in, func(request rpc.Request) { b.handle(ctx, request) }))
	}()
	<-ctx.Done()
	work.Wait()
	<-b.peer.Written()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

func (b *Bridge) currentState() State {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.state
}

func (b *Bridge) setState(state State) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.state = state
}

// restState is the state of a bridge that does nothing at the moment.
func (b *Bridge) restState() State {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.identity.jid.IsEmpty() {
		return StateUnpaired
	}
	return StateDisconnected
}

func (b *Bridge) whoAmI() identity {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.identity
}

func (b *Bridge) currentClient() *whatsmeow.Client {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.client
}

func (b *Bridge) currentSession() *session {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.session
}

// connectedClient is the client when messages flow, and the contract's error otherwise.
func (b *Bridge) connectedClient() (*whatsmeow.Client, *rpc.Error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.state != StateConnected {
		return nil, notConnected(b.state)
	}
	return b.client, nil
}

func notConnected(state State) *rpc.Error {
	return &rpc.Error{Code: codeNotConnected, Message: fmt.Sprintf("not connected to WhatsApp (%s)", state)}
}

func libraryVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "go.mau.fi/whatsmeow" {
				return module.Version
			}
		}
	}
	return "unknown"
}
