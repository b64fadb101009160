// The program standalone runs the test server for tests in other languages. Its first line is
// {"url":…,"root_key":…}; after that it takes one JSON command on each line and answers each with one
// line {"ok":true,…} or {"ok":false,"error":…}. What people receive comes in between as {"event":"message",…}.
//
//	{"command":"pair","code":"https://wa.me/…"}            the account of the bridge scans the QR code → jid, lid
//	{"command":"pair_phone","code":"ABCD-1234"}            or types in the code, for the number of the bridge
//	{"command":"person","name":"Alice"}                    somebody joins, with a linked device → jid, lid
//	{"command":"group","name":"Family","members":["Alice"]} a group with the bridge's account → jid
//	{"command":"send","from":"Alice","chat":JID or "bridge","text":"hello","mention":true} → id
//	{"command":"stream_error","code":"515","conflict":""}  ends the connections of the bridge
//	{"command":"drop"}                                     cuts them
//
// It ends when its stdin does.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"nanoclaw.dev/whatsapp-bridge/internal/bridge"
	"nanoclaw.dev/whatsapp-bridge/internal/testserver"
)

const bridgeNumber = "4915100000001"

type command struct {
	Command  string   `json:"command"`
	Code     string   `json:"code"`
	Conflict string   `json:"conflict"`
	Name     string   `json:"name"`
	Members  []string `json:"members"`
	From     string   `json:"from"`
	Chat     string   `json:"chat"`
	Text     string   `json:"text"`
	Mention  bool     `json:"mention"`
}

type answers map[string]any

type play struct {
	server    *testserver.Server
	account   *testserver.Account
	people    map[string]*testserver.Person
	directory string

	writing sync.Mutex
	out     *json.Encoder
}

func main() {
	out := os.Stdout
	os.Stdout = os.Stderr
	bridge.CatchSignalLog(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err := run(os.Stdin, out); err != nil {
		fmt.Fprintln(os.Stderr, "test server:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	directory, err := os.MkdirTemp("", "whatsapp-people-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(directory) }()
	server, err := testserver.Start()
	if err != nil {
		return err
	}
	defer server.Close()
	p := &play{
		server:    server,
		account:   server.NewAccount(bridgeNumber, "Owner"),
		people:    make(map[string]*testserver.Person),
		directory: directory,
		out:       json.NewEncoder(out),
	}
	p.write(answers{"url": server.URL(), "root_key": server.RootKey(), "number": bridgeNumber})
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var wanted command
		if err := json.Unmarshal(lines.Bytes(), &wanted); err != nil {
			p.write(answers{"ok": false, "error": err.Error()})
			continue
		}
		answer, err := p.do(wanted)
		if err != nil {
			p.write(answers{"ok": false, "error": err.Error()})
			continue
		}
		if answer == nil {
			answer = answers{}
		}
		answer["ok"] = true
		p.write(answer)
	}
	return lines.Err()
}

func (p *play) write(value any) {
	p.writing.Lock()
	defer p.writing.Unlock()
	_ = p.out.Encode(value)
}

func (p *play) do(wanted command) (answers, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	switch wanted.Command {
	case "pair":
		return addresses(p.account), p.server.Pair(wanted.Code, p.account)
	case "pair_phone":
		return addresses(p.account), p.server.PairByCode(wanted.Code, p.account)
	case "person":
		return p.join(ctx, wanted.Name)
	case "group":
		return p.group(wanted)
	case "send":
		return p.send(ctx, wanted)
	case "stream_error":
		p.server.StreamError(p.account, wanted.Code, wanted.Conflict)
		return nil, nil
	case "drop":
		p.server.Drop(p.account)
		return nil, nil
	default:
		return nil, fmt.Errorf("unknown command %q", wanted.Command)
	}
}

func addresses(account *testserver.Account) answers {
	return answers{"jid": account.Phone.String(), "lid": account.LID.String()}
}

func (p *play) join(ctx context.Context, name string) (answers, error) {
	if p.people[name] != nil {
		return nil, fmt.Errorf("%s is there already", name)
	}
	account := p.server.NewAccount(fmt.Sprintf("49151000001%02d", len(p.people)+1), name)
	person, err := p.server.Join(ctx, account, p.directory)
	if err != nil {
		return nil, err
	}
	p.people[name] = person
	person.Client.AddEventHandler(func(event any) { p.tell(name, event) })
	return addresses(account), nil
}

// tell reports what reaches a person.
func (p *play) tell(name string, event any) {
	switch event := event.(type) {
	case *events.Message:
		if text := testserver.TextOf(event.Message); text != "" {
			p.write(answers{
				"event": "message", "to": name, "id": event.Info.ID, "chat": event.Info.Chat.String(),
				"sender": event.Info.Sender.ToNonAD().String(), "text": text,
				"quoted": event.Message.GetExtendedTextMessage().GetContextInfo().GetStanzaID(),
			})
		}
	case *events.ChatPresence:
		p.write(answers{"event": "typing", "to": name, "chat": event.Chat.String(), "state": string(event.State)})
	}
}

func (p *play) group(wanted command) (answers, error) {
	members := []*testserver.Account{p.account}
	for _, name := range wanted.Members {
		person := p.people[name]
		if person == nil {
			return nil, fmt.Errorf("nobody is called %q", name)
		}
		members = append(members, person.Account)
	}
	return answers{"jid": p.server.NewGroup(wanted.Name, true, members...).JID.String()}, nil
}

func (p *play) send(ctx context.Context, wanted command) (answers, error) {
	person := p.people[wanted.From]
	if person == nil {
		return nil, fmt.Errorf("nobody is called %q", wanted.From)
	}
	chat := p.account.LID
	if wanted.Chat != "bridge" {
		var err error
		if chat, err = types.ParseJID(wanted.Chat); err != nil {
			return nil, err
		}
	}
	message := &waE2E.Message{Conversation: proto.String(wanted.Text)}
	if wanted.Mention {
		message = &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text:        proto.String(wanted.Text),
			ContextInfo: &waE2E.ContextInfo{MentionedJID: []string{p.account.LID.String()}},
		}}
	}
	id, err := person.SendMessage(ctx, chat, message)
	return answers{"id": id}, err
}
