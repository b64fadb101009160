package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	waStore "go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"nanoclaw.dev/whatsapp-bridge/internal/rpc"
	"nanoclaw.dev/whatsapp-bridge/internal/store"
)

// addressBook translates between the two addresses that a person has: the phone number, by which the
// host knows people, and the LID, which hides it and which WhatsApp uses more and more.
type addressBook struct {
	known  waStore.LIDStore
	ledger *store.Ledger

	mutex    sync.Mutex
	lidChats map[string]bool  // that the host knows by their LID
	byPhone  map[address]bool // groups that name their members by phone number, as they used to
}

func newAddressBook(ctx context.Context, opened *store.Store) (*addressBook, error) {
	lids, err := opened.Ledger.LIDChats(ctx)
	if err != nil {
		return nil, fmt.Errorf("store: cannot read the chats without phone number: %w", err)
	}
	book := &addressBook{known: opened.Sessions.LIDMap, ledger: opened.Ledger, lidChats: make(map[string]bool), byPhone: make(map[address]bool)}
	for _, lid := range lids {
		book.lidChats[lid] = true
	}
	return book, nil
}

// phone is the phone-number address of a person where it is known, otherwise the address as it is.
// alternative is the other address that a message brought along, or empty.
func (a *addressBook) phone(ctx context.Context, person, alternative address) address {
	person = plain(person)
	if person.Server != types.HiddenUserServer {
		return person
	}
	if alternative = plain(alternative); alternative.Server == types.DefaultUserServer {
		return alternative
	}
	number, err := a.known.GetPNForLID(ctx, person)
	if err != nil {
		slog.Default().Warn("phone number of a LID not read", "error", err)
	}
	if err != nil || number.IsEmpty() {
		return person
	}
	return number.ToNonAD()
}

// hidden is the LID of a person where it is known, which is what WhatsApp expects in what we send.
func (a *addressBook) hidden(ctx context.Context, person address) address {
	if person.Server != types.DefaultUserServer {
		return person
	}
	lid, err := a.known.GetLIDForPN(ctx, person)
	if err != nil || lid.IsEmpty() {
		return person
	}
	return lid.ToNonAD()
}

// in is how a chat names a person.
func (a *addressBook) in(ctx context.Context, chat, person address) address {
	a.mutex.Lock()
	byPhone := a.byPhone[chat]
	a.mutex.Unlock()
	if byPhone {
		return person
	}
	return a.hidden(ctx, person)
}

// noteMode remembers how a chat names its members.
func (a *addressBook) noteMode(info types.MessageInfo) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if info.Chat.Server == types.GroupServer {
		a.byPhone[info.Chat] = info.Sender.Server == types.DefaultUserServer
	}
}

// plain is the address without its device, and with the server of persons for hosted and old accounts.
func plain(person address) address {
	person = person.ToNonAD()
	switch person.Server {
	case types.HostedServer, types.LegacyUserServer:
		person.Server = types.DefaultUserServer
	case types.HostedLIDServer:
		person.Server = types.HiddenUserServer
	}
	return person
}

// rememberChat notes a chat that the host is about to know by its LID.
func (a *addressBook) rememberChat(ctx context.Context, chat address) error {
	lid := chat.String()
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if chat.Server != types.HiddenUserServer || a.lidChats[lid] {
		return nil
	}
	if err := a.ledger.AddLIDChat(ctx, lid); err != nil {
		return fmt.Errorf("store: cannot remember the chat %s: %w", lid, err)
	}
	a.lidChats[lid] = true
	return nil
}

// mergeable are the chats whose phone number has become known.
func (a *addressBook) mergeable(ctx context.Context) []ChatMerged {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	var found []ChatMerged
	for lid := range a.lidChats {
		parsed, err := types.ParseJID(lid)
		if err != nil {
			continue
		}
		if number, err := a.known.GetPNForLID(ctx, parsed); err == nil && !number.IsEmpty() {
			found = append(found, ChatMerged{lid, number.ToNonAD().String()})
		}
	}
	return found
}

// merged forgets a chat that the host has under its phone number now.
func (a *addressBook) merged(ctx context.Context, lid string) error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if err := a.ledger.RemoveLIDChat(ctx, lid); err != nil {
		return fmt.Errorf("store: cannot forget the chat %s: %w", lid, err)
	}
	delete(a.lidChats, lid)
	return nil
}

// parseChat reads the address of something that can be written to.
func parseChat(text string) (address, *rpc.Error) {
	chat, err := types.ParseJID(text)
	if err != nil || chat.User == "" || strings.Count(text, "@") != 1 || chat.Device != 0 {
		return chat, rpc.InvalidParams("chat: %q is not an address such as 4915112345678@s.whatsapp.net or 120363041234567890@g.us", text)
	}
	switch chat.Server {
	case types.DefaultUserServer, types.HiddenUserServer, types.GroupServer, types.BotServer:
		return chat, nil
	default:
		return chat, rpc.InvalidParams("chat: %q is neither a person nor a group", text)
	}
}

// parseUser reads the address of a person.
func parseUser(field, text string) (address, *rpc.Error) {
	person, err := types.ParseJID(text)
	if err != nil || person.User == "" || strings.Count(text, "@") != 1 {
		return person, rpc.InvalidParams("%s: %q is not an address such as 4915112345678@s.whatsapp.net", field, text)
	}
	person = plain(person)
	switch person.Server {
	case types.DefaultUserServer, types.HiddenUserServer, types.BotServer:
		return person, nil
	default:
		return person, rpc.InvalidParams("%s: %q is not a person", field, text)
	}
}
