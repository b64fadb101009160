package testserver

import (
	"context"
	"sync"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

// connection is one client that has done the handshake. All but serve runs with the server's mutex held.
type connection struct {
	server    *Server
	transport *transport
	device    *device   // once logged in
	newcomer  *newcomer // while not paired
	out       chan node // nil ends the connection
	ended     chan struct{}
	ending    sync.Once
}

// newcomer is what an unpaired client says about itself.
type newcomer struct {
	registration, identity []byte
	signedPreKey           node
	waiting                func() // what happens when it has accepted the pairing
}

func newConnection(s *Server, t *transport) *connection {
	return &connection{server: s, transport: t, out: make(chan node, 100_000), ended: make(chan struct{})}
}

func (c *connection) serve(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go c.write(ctx, cancel)
	c.greet()
	for {
		data, err := c.transport.read(ctx)
		if err != nil {
			break
		}
		unpacked, err := waBinary.Unpack(data)
		if err != nil {
			break
		}
		stanza, err := waBinary.Unmarshal(unpacked)
		if err != nil {
			break
		}
		c.server.take(c, *stanza)
	}
	c.server.mutex.Lock()
	defer c.server.mutex.Unlock()
	if c.device != nil && c.device.connection == c {
		c.device.connection, c.device.active = nil, false
	}
	c.close()
}

func (c *connection) write(ctx context.Context, cancel func()) {
	defer cancel()
	for {
		select {
		case stanza := <-c.out:
			if stanza.Tag == "" {
				time.Sleep(200 * time.Millisecond) // a reset would overtake what was just written
				_ = c.transport.frames.socket.CloseNow()
				return
			}
			data, err := waBinary.Marshal(stanza)
			if err != nil || c.transport.write(ctx, data) != nil {
				return
			}
		case <-c.ended:
			_ = c.transport.frames.socket.CloseNow()
			return
		}
	}
}

func (c *connection) send(stanza node) {
	c.out <- stanza
}

func (c *connection) close() {
	c.ending.Do(func() { close(c.ended) })
}

// closeAfterwards closes when what was sent before is on its way.
func (c *connection) closeAfterwards() {
	c.out <- node{}
}

func (c *connection) greet() {
	c.server.mutex.Lock()
	defer c.server.mutex.Unlock()
	about := c.transport.clientHello
	if oldest := c.server.behave.OldestRevision; int(about.GetUserAgent().GetAppVersion().GetTertiary()) < oldest {
		c.fail(attrs{"reason": "405"})
		return
	}
	if pairing := about.GetDevicePairingData(); pairing != nil {
		c.offerPairing(pairing)
		return
	}
	c.login(about)
}

func (c *connection) fail(reason waBinary.Attrs) {
	c.send(node{Tag: "failure", Attrs: reason})
	c.closeAfterwards()
}

func (c *connection) login(about *waWa6.ClientPayload) {
	s := c.server
	var d *device
	for _, account := range s.accounts {
		if account.Phone.UserInt() == about.GetUsername() {
			d = account.devices[uint16(about.GetDevice())]
		}
	}
	if d == nil {
		c.fail(attrs{"reason": "401"})
		return
	}
	if s.behave.FailLogin != nil {
		if reason := s.behave.FailLogin(d.account.Phone.User); reason != nil {
			c.fail(reason)
			return
		}
	}
	if s.behave.RestartForever {
		c.send(node{Tag: "stream:error", Attrs: attrs{"code": "515"}})
		c.closeAfterwards()
		return
	}
	if old := d.connection; old != nil {
		old.send(node{Tag: "stream:error", Content: []node{{Tag: "conflict", Attrs: attrs{"type": "replaced"}}}})
		old.closeAfterwards()
	}
	c.device, d.connection, d.active = d, c, false
	c.send(node{Tag: "success", Attrs: attrs{"lid": d.lid(), "t": time.Now().Unix()}})
}

func (c *connection) offerPairing(data *waWa6.ClientPayload_DevicePairingRegistrationData) {
	c.newcomer = &newcomer{
		registration: data.GetERegid(),
		identity:     data.GetEIdent(),
		signedPreKey: node{Tag: "skey", Content: []node{
			{Tag: "id", Content: data.GetESkeyID()},
			{Tag: "value", Content: data.GetESkeyVal()},
			{Tag: "signature", Content: data.GetESkeySig()},
		}},
	}
	var refs []node
	for range 6 {
		ref := keys.NewKeyPair()
		text := c.server.nextID() + "-" + hexOf(ref.Pub[:8])
		c.server.pairing[text] = c
		refs = append(refs, node{Tag: "ref", Content: []byte(text)})
	}
	c.send(node{
		Tag:     "iq",
		Attrs:   attrs{"from": types.ServerJID, "type": "set", "id": c.server.nextID(), "xmlns": "md"},
		Content: []node{{Tag: "pair-device", Content: refs}},
	})
}
