package bridge

import (
	"context"
	"slices"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// envelope is who wrote what to whom when, without the content.
func (b *Bridge) envelope(ctx context.Context, event *events.Message) *Message {
	info := event.Info
	chat, isGroup := b.chatOf(ctx, event)
	sender := b.addresses.phone(ctx, info.Sender, info.SenderAlt)
	me := b.whoAmI()
	name := info.PushName
	if info.IsFromMe {
		sender = me.jid // whichever of the two addresses it came with
		if name == "" {
			name = me.name
		}
	}
	return &Message{
		ID:         info.ID,
		Chat:       chat.String(),
		Sender:     sender.String(),
		SenderName: name,
		Timestamp:  info.Timestamp.UnixMilli(),
		FromMe:     info.IsFromMe,
		IsGroup:    isGroup,
		Mentions:   []string{},
	}
}

// chatOf is the chat in which a person sees the message.
func (b *Bridge) chatOf(ctx context.Context, event *events.Message) (chat address, isGroup bool) {
	info := event.Info
	switch {
	case info.Chat.Server == types.GroupServer:
		return info.Chat, true
	case info.Chat.IsBroadcastList():
		// A copy of a message to many; its chat is the one with its sender.
		return b.addresses.phone(ctx, info.Sender, info.SenderAlt), false
	case info.IsFromMe:
		return b.addresses.phone(ctx, info.Chat, info.RecipientAlt), false
	default:
		return b.addresses.phone(ctx, info.Chat, info.SenderAlt), false
	}
}

// translate makes the host's message of WhatsApp's. It is not wanted when a person would not see it as a
// message: the keys of a group, reactions, votes, receipts for other devices, the status feed.
func (b *Bridge) translate(ctx context.Context, s *session, event *events.Message) (message *Message, wanted bool) {
	if !isConversation(event.Info) {
		return nil, false
	}
	inner, editOf := b.unwrap(ctx, s, event)
	found, ok := readContent(inner)
	if !ok {
		b.log.Debug("nothing for a person in this message", "id", event.Info.ID)
		return nil, false
	}
	message = b.envelope(ctx, event)
	message.Text = found.text
	message.Media = found.media
	message.EditOf = editOf
	b.addContext(ctx, message, found.context)
	if message.SenderName == "" {
		message.SenderName = b.contactName(ctx, s, event)
	}
	return message, true
}

func isConversation(info types.MessageInfo) bool {
	switch {
	case info.Chat == types.StatusBroadcastJID || info.Chat.Server == types.NewsletterServer:
		return false
	case info.Chat.IsBroadcastList():
		return !info.IsFromMe // each recipient's own chat has it
	default:
		return true
	}
}

// unwrap finds the content behind its wrappers, and the id of the message that it replaces.
func (b *Bridge) unwrap(ctx context.Context, s *session, event *events.Message) (inner *waE2E.Message, editOf string) {
	inner = unwrapped(event.Message)
	if inner.GetSecretEncryptedMessage().GetSecretEncType() == waE2E.SecretEncryptedMessage_MESSAGE_EDIT {
		target := inner.GetSecretEncryptedMessage().GetTargetMessageKey().GetID()
		clone := *event
		clone.Message = inner
		decrypted, err := s.client.DecryptSecretEncryptedMessage(ctx, &clone)
		if err != nil {
			b.log.Warn("edit not decrypted", "id", event.Info.ID, "error", err)
			return nil, ""
		}
		inner, editOf = unwrapped(decrypted), target
	}
	if protocol := inner.GetProtocolMessage(); protocol.GetType() == waE2E.ProtocolMessage_MESSAGE_EDIT && protocol.GetEditedMessage() != nil {
		return unwrapped(protocol.GetEditedMessage()), protocol.GetKey().GetID()
	}
	return inner, editOf
}

func (b *Bridge) addContext(ctx context.Context, message *Message, info *waE2E.ContextInfo) {
	me := b.whoAmI()
	for _, text := range info.GetMentionedJID() {
		mentioned, err := types.ParseJID(text)
		if err != nil {
			continue
		}
		mentioned = plain(mentioned)
		message.MentionsMe = message.MentionsMe || mentioned == me.jid || mentioned == me.lid
		number := b.addresses.phone(ctx, mentioned, types.EmptyJID).String()
		if !slices.Contains(message.Mentions, number) {
			message.Mentions = append(message.Mentions, number)
		}
	}
	if info.GetStanzaID() == "" || info.GetQuotedMessage() == nil {
		return
	}
	message.Quoted = &Quoted{ID: info.GetStanzaID()}
	if author, err := types.ParseJID(info.GetParticipant()); err == nil && author.User != "" {
		message.Quoted.Sender = b.addresses.phone(ctx, author, types.EmptyJID).String()
	}
	if quoted, ok := readContent(unwrapped(info.GetQuotedMessage())); ok {
		message.Quoted.Text = quoted.text
	}
}

// contactName is the name from the phone's address book, for a sender whose message tells none.
func (b *Bridge) contactName(ctx context.Context, s *session, event *events.Message) string {
	for _, person := range []address{event.Info.Sender, event.Info.SenderAlt} {
		if person.IsEmpty() {
			continue
		}
		contact, err := s.client.Store.Contacts.GetContact(ctx, person.ToNonAD())
		if err != nil || !contact.Found {
			continue
		}
		for _, name := range []string{contact.FullName, contact.PushName, contact.BusinessName} {
			if name != "" {
				return name
			}
		}
	}
	return ""
}
