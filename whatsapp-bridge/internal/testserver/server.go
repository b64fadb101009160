// Package testserver is a WhatsApp for tests: it speaks the real protocol with real clients, so that
// nothing of the bridge has to be replaced. It knows nothing of Signal: the people are clients as well.
package testserver

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

type (
	node  = waBinary.Node
	attrs = waBinary.Attrs
)

// Server is one WhatsApp, on a loopback address.
type Server struct {
	listener net.Listener
	http     *http.Server

	mutex    sync.Mutex
	accounts []*Account
	groups   map[types.JID]*Group
	pairing  map[string]*connection // by the ref in the QR code
	phones   map[string]*phonePairing
	stanzas  []Stanza
	changed  chan struct{}
	serial   int
	behave   Behaviour
}

// Behaviour is how a test wants the server to misbehave.
type Behaviour struct {
	Refuse         bool                              // connections, with 503
	LoseAcks       int                               // of the next messages: they are relayed, but not acknowledged
	Deaf           bool                              // takes nothing from anybody
	HoldMessages   bool                              // neither relay nor acknowledge
	AckErrors      []int                             // of the next messages, which are not relayed
	HoldRetries    bool                              // requests to resend wait for the next login
	Garble         int                               // the ciphertexts of the next messages
	FailLogin      func(phone string) waBinary.Attrs // of the failure, or nil
	WebRevision    int                               // what the web page says
	OldestRevision int                               // what clients must have
	NoRestart      bool                              // close without 515 after a pairing
	RestartForever bool                              // 515 to every login
}

// Stanza is something that a client sent.
type Stanza struct {
	From types.JID
	Node node
}

// Account is a phone number with its phone and linked devices.
type Account struct {
	Phone, LID types.JID
	Name       string
	HidePhone  bool // tell nobody the phone number
	ByPhone    bool // appear under the phone number instead of the LID
	identity   *keys.KeyPair
	devices    map[uint16]*device
	lastDevice uint16
}

// Group is a chat of several accounts.
type Group struct {
	JID     types.JID
	Name    string
	ByLID   bool
	members []*Account
}

type device struct {
	account      *Account
	id           uint16
	registration []byte
	identity     []byte
	signedPreKey node
	preKeys      []node
	connection   *connection
	active       bool
	pending      []node // not yet acknowledged by the device
}

// Start begins to listen.
func Start() (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{
		listener: listener,
		groups:   make(map[types.JID]*Group),
		pairing:  make(map[string]*connection),
		phones:   make(map[string]*phonePairing),
		changed:  make(chan struct{}),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/ws/chat", s.serveSocket)
	mux.HandleFunc("/", s.servePage)
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.http.Serve(listener) }()
	return s, nil
}

// URL is what WHATSAPP_BRIDGE_URL wants.
func (s *Server) URL() string {
	return "ws://" + s.listener.Addr().String() + "/ws/chat"
}

// RootKey is what WHATSAPP_BRIDGE_ROOT_KEY wants.
func (s *Server) RootKey() string {
	return hex.EncodeToString(rootKey().Pub[:])
}

// Close ends the server and all connections.
func (s *Server) Close() {
	_ = s.http.Close()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, account := range s.accounts {
		for _, d := range account.devices {
			if d.connection != nil {
				d.connection.close()
			}
		}
	}
}

// Behave changes how the server behaves from now on.
func (s *Server) Behave(change func(*Behaviour)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	change(&s.behave)
}

// NewAccount makes an account that devices can be linked to.
func (s *Server) NewAccount(number, name string) *Account {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	account := &Account{
		Phone:    types.NewJID(number, types.DefaultUserServer),
		LID:      types.NewJID(fmt.Sprintf("9%d%s", len(s.accounts)+10, number[len(number)-6:]), types.HiddenUserServer),
		Name:     name,
		identity: keys.NewKeyPair(),
		devices:  make(map[uint16]*device),
	}
	s.accounts = append(s.accounts, account)
	return account
}

// NewGroup makes a group of accounts.
func (s *Server) NewGroup(name string, byLID bool, members ...*Account) *Group {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	group := &Group{
		JID:     types.NewJID(fmt.Sprintf("1203630000000%05d", len(s.groups)+1), types.GroupServer),
		Name:    name,
		ByLID:   byLID,
		members: members,
	}
	s.groups[group.JID] = group
	return group
}

// Leave takes an account out of a group.
func (s *Server) Leave(group *Group, account *Account) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var rest []*Account
	for _, member := range group.members {
		if member != account {
			rest = append(rest, member)
		}
	}
	group.members = rest
}

// SetHidePhone changes whether the account's messages tell its phone number.
func (s *Server) SetHidePhone(account *Account, hide bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	account.HidePhone = hide
}

// Online says whether a device of the account is connected and takes messages.
func (s *Server) Online(account *Account) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, d := range account.devices {
		if d.connection != nil && d.active {
			return true
		}
	}
	return false
}

// Pending counts the messages that the account's devices have not acknowledged.
func (s *Server) Pending(account *Account) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	count := 0
	for _, d := range account.devices {
		count += len(d.pending)
	}
	return count
}

// StreamError ends the account's connections with such an error.
func (s *Server) StreamError(account *Account, code, conflict string) {
	s.each(account, func(c *connection) {
		stanza := node{Tag: "stream:error", Attrs: attrs{"code": code}}
		if conflict != "" {
			stanza.Content = []node{{Tag: "conflict", Attrs: attrs{"type": conflict}}}
		}
		c.send(stanza)
		c.closeAfterwards()
	})
}

// Drop cuts the account's connections without a word.
func (s *Server) Drop(account *Account) {
	s.each(account, (*connection).close)
}

func (s *Server) each(account *Account, act func(*connection)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, d := range account.devices {
		if d.connection != nil {
			act(d.connection)
		}
	}
}

// Await waits for a stanza of a client, also one that came before.
func (s *Server) Await(ctx context.Context, wanted func(Stanza) bool) (Stanza, error) {
	seen := 0
	for {
		s.mutex.Lock()
		for ; seen < len(s.stanzas); seen++ {
			if wanted(s.stanzas[seen]) {
				found := s.stanzas[seen]
				s.mutex.Unlock()
				return found, nil
			}
		}
		changed := s.changed
		s.mutex.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return Stanza{}, fmt.Errorf("no such stanza among %d: %w", seen, ctx.Err())
		}
	}
}

// Count counts the stanzas that clients have sent.
func (s *Server) Count(wanted func(Stanza) bool) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	count := 0
	for _, stanza := range s.stanzas {
		if wanted(stanza) {
			count++
		}
	}
	return count
}

func (s *Server) record(stanza Stanza) {
	s.stanzas = append(s.stanzas, stanza)
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) nextID() string {
	s.serial++
	return "srv-" + strconv.Itoa(s.serial)
}

func (s *Server) servePage(w http.ResponseWriter, _ *http.Request) {
	s.mutex.Lock()
	revision := s.behave.WebRevision
	s.mutex.Unlock()
	if revision == 0 {
		http.Error(w, "no such page", http.StatusNotFound)
		return
	}
	_, _ = fmt.Fprintf(w, `<script>{"client_revision":%d,"x":1}</script>`, revision)
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	refuse := s.behave.Refuse
	s.mutex.Unlock()
	if refuse {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	client, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	client.SetReadLimit(1 << 25)
	defer func() { _ = client.CloseNow() }()
	t, err := accept(r.Context(), client)
	if err != nil {
		return
	}
	newConnection(s, t).serve(r.Context())
}

// find is the device with this address, by phone number or LID.
func (s *Server) find(jid types.JID) *device {
	if account := s.account(jid); account != nil {
		return account.devices[jid.Device]
	}
	return nil
}

func (s *Server) account(jid types.JID) *Account {
	for _, account := range s.accounts {
		if jid.ToNonAD() == account.Phone || jid.ToNonAD() == account.LID {
			return account
		}
	}
	return nil
}

func (d *device) lid() types.JID {
	jid := d.account.LID
	jid.Device = d.id
	return jid
}

func (d *device) phone() types.JID {
	jid := d.account.Phone
	jid.Device = d.id
	return jid
}
