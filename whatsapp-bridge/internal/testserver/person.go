package testserver

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"
	"google.golang.org/protobuf/proto"
	_ "modernc.org/sqlite" // where people keep their keys
)

// Person is somebody with a phone number and a linked device, driven by a test.
type Person struct {
	Account *Account
	Client  *whatsmeow.Client

	database *sql.DB
	mutex    sync.Mutex
	changed  chan struct{}
	received []any
}

// trustServers lets the people of this process accept its servers.
var trustServers = sync.OnceFunc(func() { whatsmeow.WACertPubKey = *rootKey().Pub })

// Join links a new device to the account and connects it.
func (s *Server) Join(ctx context.Context, account *Account, directory string) (*Person, error) {
	trustServers()
	file := filepath.Join(directory, fmt.Sprintf("person-%s-%d.db", account.Phone.User, time.Now().UnixNano()))
	database, err := sql.Open("sqlite", "file:"+url.PathEscape(file)+"?_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)")
	if err != nil {
		return nil, err
	}
	database.SetMaxOpenConns(1)
	var log waLog.Logger
	if os.Getenv("PERSON_LOG") != "" {
		log = waLog.Stdout("person "+account.Name, "DEBUG", false)
	}
	container := sqlstore.NewWithDB(database, "sqlite3", log)
	if err := container.Upgrade(ctx); err != nil {
		return nil, err
	}
	p := &Person{Account: account, database: database, changed: make(chan struct{})}
	p.Client = whatsmeow.NewClient(container.NewDevice(), log)
	web := &http.Client{Transport: toServer{s.listener.Addr().String()}}
	p.Client.SetWebsocketHTTPClient(web)
	p.Client.SetPreLoginHTTPClient(web)
	p.Client.SetMediaHTTPClient(web)
	p.Client.AddEventHandler(p.take)
	if err := p.Client.Connect(); err != nil {
		return nil, fmt.Errorf("%s: %w", account.Name, err)
	}
	code, err := Await(ctx, p, func(event *events.QR) bool { return true })
	if err != nil {
		return nil, err
	}
	if err := s.Pair(code.Codes[0], account); err != nil {
		return nil, err
	}
	_, err = Await(ctx, p, func(*events.Connected) bool { return true })
	return p, err
}

// Close disconnects.
func (p *Person) Close() {
	p.Client.Disconnect()
	_ = p.database.Close()
}

func (p *Person) take(event any) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.received = append(p.received, event)
	close(p.changed)
	p.changed = make(chan struct{})
}

// Await waits for an event of the person's client, also one that came before.
func Await[E any](ctx context.Context, p *Person, wanted func(E) bool) (found E, err error) {
	seen := 0
	for {
		p.mutex.Lock()
		for ; seen < len(p.received); seen++ {
			if event, ok := p.received[seen].(E); ok && wanted(event) {
				p.mutex.Unlock()
				return event, nil
			}
		}
		changed := p.changed
		p.mutex.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return found, fmt.Errorf("%s: no such %T among %d events: %w", p.Account.Name, found, seen, ctx.Err())
		}
	}
}

// Texts are the messages with this text that the person has received.
func (p *Person) Texts(text string) []*events.Message {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var found []*events.Message
	for _, event := range p.received {
		if message, ok := event.(*events.Message); ok && TextOf(message.Message) == text {
			found = append(found, message)
		}
	}
	return found
}

// TextOf is the text of a simple message.
func TextOf(message *waE2E.Message) string {
	if text := message.GetConversation(); text != "" {
		return text
	}
	return message.GetExtendedTextMessage().GetText()
}

// Send writes a text to a chat and answers its id.
func (p *Person) Send(ctx context.Context, chat types.JID, text string) (string, error) {
	return p.SendMessage(ctx, chat, &waE2E.Message{Conversation: proto.String(text)})
}

// SendMessage writes anything to a chat.
func (p *Person) SendMessage(ctx context.Context, chat types.JID, message *waE2E.Message) (string, error) {
	response, err := p.Client.SendMessage(ctx, chat, message)
	return response.ID, err
}

type toServer struct{ host string }

func (t toServer) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.URL.Scheme, request.URL.Host, request.Host = "http", t.host, t.host
	return http.DefaultTransport.RoundTrip(request)
}

// Order are the numbers behind a prefix, in the order in which such texts came.
func (p *Person) Order(prefix string) []int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var numbers []int
	for _, event := range p.received {
		if message, ok := event.(*events.Message); ok {
			if rest, found := strings.CutPrefix(TextOf(message.Message), prefix); found {
				number, _ := strconv.Atoi(rest)
				numbers = append(numbers, number)
			}
		}
	}
	return numbers
}
