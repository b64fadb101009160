package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"nanoclaw.dev/whatsapp-bridge/internal/bridge"
	"nanoclaw.dev/whatsapp-bridge/internal/testserver"
)

const messageOne, messageTwo = "3EB0000000000000000001", "3EB0000000000000000002"

func sendParams(chat, text, id string) map[string]any {
	return map[string]any{"chat": chat, "text": text, "message_id": id}
}

// says makes a person write something and answers the message as the host gets it.
func says(s *scene, h *host, person *testserver.Person, chat *testserver.Group, text string) bridge.Message {
	s.t.Helper()
	to := s.account.LID
	if chat != nil {
		to = chat.JID
	}
	if _, err := person.Send(s.context(), to, text); err != nil {
		s.t.Fatal(err)
	}
	var message bridge.Message
	h.event("message", &message)
	return message
}

func awaitText(s *scene, person *testserver.Person, text string) *events.Message {
	s.t.Helper()
	message, err := testserver.Await(s.context(), person, func(e *events.Message) bool { return testserver.TextOf(e.Message) == text })
	if err != nil {
		s.t.Fatal(err)
	}
	return message
}

func TestReceiveAndSendBetweenTwo(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")

	message := says(s, h, alice, nil, "hello there")
	expected := alice.Account.Phone.String()
	if message.Text != "hello there" || message.Chat != expected || message.Sender != expected || message.SenderName != "Alice" ||
		message.FromMe || message.IsGroup || message.MentionsMe || message.ID == "" {
		t.Errorf("received: %+v", message)
	}
	if age := time.Since(time.UnixMilli(message.Timestamp)); age < 0 || age > time.Minute {
		t.Errorf("timestamp %d is %s old", message.Timestamp, age)
	}

	var sent struct{ Timestamp int64 }
	h.ok("send", sendParams(message.Chat, "hello Alice", messageOne), &sent)
	received := awaitText(s, alice, "hello Alice")
	if received.Info.ID != messageOne {
		t.Errorf("the id on the wire is %s", received.Info.ID)
	}
	if age := time.Since(time.UnixMilli(sent.Timestamp)); age < 0 || age > time.Minute {
		t.Errorf("timestamp of the send is %s old", age)
	}
}

func TestReceiveAndSendInGroups(t *testing.T) {
	for _, byLID := range []bool{true, false} {
		name := map[bool]string{true: "by LID", false: "by phone number"}[byLID]
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			h := s.paired()
			alice, bob := s.person("Alice"), s.person("Bob")
			group := s.server.NewGroup("Family", byLID, s.account, alice.Account, bob.Account)

			// The first message of a sender comes in two parts; the host must see one.
			message := says(s, h, alice, group, "first")
			if message.Text != "first" || message.Chat != group.JID.String() || !message.IsGroup ||
				message.Sender != alice.Account.Phone.String() || message.SenderName != "Alice" {
				t.Errorf("received: %+v", message)
			}
			if again := says(s, h, alice, group, "second"); again.Text != "second" {
				t.Errorf("received: %+v", again)
			}
			if messages := h.all("message"); len(messages) != 2 {
				t.Errorf("%d messages: %s", len(messages), messages)
			}

			h.ok("send", sendParams(group.JID.String(), "to all", messageOne), nil)
			for _, person := range []*testserver.Person{alice, bob} {
				if got := awaitText(s, person, "to all"); got.Info.ID != messageOne || got.Info.Chat != group.JID {
					t.Errorf("%s received %+v", person.Account.Name, got.Info)
				}
			}
		})
	}
}

func TestReplyQuotesAndMentions(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	group := s.server.NewGroup("Family", true, s.account, alice.Account)
	question := says(s, h, alice, group, "what time is it?")

	h.ok("send", map[string]any{
		"chat": question.Chat, "text": "@" + alice.Account.Phone.User + " noon", "message_id": messageOne,
		"reply_to": map[string]any{"id": question.ID, "sender": question.Sender, "text": question.Text},
		"mentions": []string{question.Sender},
	}, nil)
	received := awaitText(s, alice, "@"+alice.Account.Phone.User+" noon")
	info := received.Message.GetExtendedTextMessage().GetContextInfo()
	if info.GetStanzaID() != question.ID || info.GetQuotedMessage().GetConversation() != question.Text ||
		info.GetParticipant() != alice.Account.LID.String() || !slices.Contains(info.GetMentionedJID(), question.Sender) {
		t.Errorf("context of the reply: %v", info)
	}

	_, err := alice.SendMessage(s.context(), group.JID, &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String("@bot thanks"),
		ContextInfo: &waE2E.ContextInfo{
			StanzaID:      proto.String(messageOne),
			Participant:   proto.String(s.account.LID.String()),
			QuotedMessage: &waE2E.Message{Conversation: proto.String("noon")},
			MentionedJID:  []string{s.account.LID.String(), alice.Account.LID.String()},
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var message bridge.Message
	h.event("message", &message)
	if !message.MentionsMe || !slices.Equal(message.Mentions, []string{s.account.Phone.String(), alice.Account.Phone.String()}) {
		t.Errorf("mentions: %+v", message)
	}
	if message.Quoted == nil || *message.Quoted != (bridge.Quoted{ID: messageOne, Sender: s.account.Phone.String(), Text: "noon"}) {
		t.Errorf("quoted: %+v", message.Quoted)
	}
}

func TestOwnMessages(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	phone := s.device(s.account) // the owner's other device

	if _, err := phone.Send(s.context(), alice.Account.LID, "I write to Alice"); err != nil {
		t.Fatal(err)
	}
	var message bridge.Message
	h.event("message", &message)
	if !message.FromMe || message.Chat != alice.Account.Phone.String() || message.Sender != s.account.Phone.String() || message.Text != "I write to Alice" {
		t.Errorf("to Alice: %+v", message)
	}
	if _, err := phone.Send(s.context(), s.account.LID, "note to self"); err != nil {
		t.Fatal(err)
	}
	h.event("message", &message)
	if !message.FromMe || message.Chat != s.account.Phone.String() || message.IsGroup || message.Text != "note to self" {
		t.Errorf("to myself: %+v", message)
	}

	// What the bridge sends reaches the owner's devices, and does not come back.
	h.ok("send", sendParams(s.account.Phone.String(), "from the assistant", messageOne), nil)
	if got := awaitText(s, phone, "from the assistant"); !got.Info.IsFromMe {
		t.Errorf("received %+v", got.Info)
	}
	h.never("message", 300*time.Millisecond)
}

func TestEditsReactionsAndProtocolMessages(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	original := says(s, h, alice, nil, "mistakke")

	for _, invisible := range []*waE2E.Message{
		alice.Client.BuildReaction(s.account.LID, alice.Account.LID, original.ID, "👍"),
		alice.Client.BuildRevoke(s.account.LID, alice.Account.LID, original.ID),
		{ProtocolMessage: &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum(), EphemeralExpiration: proto.Uint32(86400)}},
		{PollUpdateMessage: &waE2E.PollUpdateMessage{PollCreationMessageKey: &waCommon.MessageKey{ID: proto.String(original.ID)}}},
		{},
	} {
		if _, err := alice.SendMessage(s.context(), s.account.LID, invisible); err != nil {
			t.Fatal(err)
		}
	}
	edit := alice.Client.BuildEdit(s.account.LID, original.ID, &waE2E.Message{Conversation: proto.String("mistake")})
	if _, err := alice.SendMessage(s.context(), s.account.LID, edit); err != nil {
		t.Fatal(err)
	}
	var message bridge.Message
	h.event("message", &message)
	if message.Text != "mistake" || message.EditOf != original.ID || message.ID == original.ID {
		t.Errorf("edit: %+v", message)
	}
	s.nothingPending()
	if messages := h.all("message"); len(messages) != 2 {
		t.Errorf("%d messages: %s", len(messages), messages)
	}
}

// nothingPending waits until the bridge has acknowledged everything.
func (s *scene) nothingPending() {
	s.t.Helper()
	for end := time.Now().Add(patience); s.server.Pending(s.account) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%d messages were never acknowledged", s.server.Pending(s.account))
		}
	}
}

func TestMediaComeAsDescription(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	_, err := alice.SendMessage(s.context(), s.account.LID, &waE2E.Message{ViewOnceMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
		ImageMessage: &waE2E.ImageMessage{Mimetype: proto.String("image/jpeg"), FileLength: proto.Uint64(4711), Caption: proto.String("look")},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	var message bridge.Message
	h.event("message", &message)
	if message.Text != "look" || message.Media == nil || *message.Media != (bridge.Media{Type: "image", Mime: "image/jpeg", Size: 4711}) {
		t.Errorf("image: %+v %+v", message, message.Media)
	}
}

func TestHistoryIsNeverAMessage(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	phone := s.device(s.account)
	_, err := phone.SendMessage(s.context(), s.account.LID, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum(),
		HistorySyncNotification: &waE2E.HistorySyncNotification{
			SyncType:   waE2E.HistorySyncType_RECENT.Enum(),
			DirectPath: proto.String("/no/such/file"),
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.nothingPending()
	h.never("message", 300*time.Millisecond)
}

func TestHiddenNumberIsMergedWhenItAppears(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	s.server.SetHidePhone(alice.Account, true)
	message := says(s, h, alice, nil, "who am I?")
	if message.Chat != alice.Account.LID.String() || message.Sender != message.Chat {
		t.Errorf("with hidden number: %+v", message)
	}
	h.ok("send", sendParams(message.Chat, "a stranger", messageOne), nil)
	awaitText(s, alice, "a stranger")
	h.kill() // the bridge must remember under which name the host knows the chat

	s.server.SetHidePhone(alice.Account, false)
	h = s.restarted()
	if _, err := alice.Send(s.context(), s.account.LID, "it is me"); err != nil {
		t.Fatal(err)
	}
	var merged bridge.ChatMerged
	h.event("chat_merged", &merged)
	if merged.From != alice.Account.LID.String() || merged.To != alice.Account.Phone.String() {
		t.Errorf("merged: %+v", merged)
	}
	h.event("message", &message)
	if message.Chat != alice.Account.Phone.String() {
		t.Errorf("with known number: %+v", message)
	}
	says(s, h, alice, nil, "again")
	if merges := h.all("chat_merged"); len(merges) != 1 {
		t.Errorf("merged %d times", len(merges))
	}
}

func TestChatThatBeginsWithAPhoneNumber(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	alice.Account.ByPhone = true
	if message := says(s, h, alice, nil, "by number"); message.Chat != alice.Account.Phone.String() {
		t.Errorf("by number: %+v", message)
	}
	alice.Account.ByPhone = false
	s.server.SetHidePhone(alice.Account, true) // the number is known from before
	if message := says(s, h, alice, nil, "by LID"); message.Chat != alice.Account.Phone.String() {
		t.Errorf("by LID: %+v", message)
	}
}

func TestTypingAndMarkRead(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	group := s.server.NewGroup("Family", true, s.account, alice.Account)
	if err := alice.Client.SendPresence(s.context(), "available"); err != nil {
		t.Log(err) // without a name, as in this test, nobody is available
	}
	for _, chat := range []string{alice.Account.Phone.String(), group.JID.String()} {
		for _, state := range []string{"composing", "paused"} {
			h.ok("typing", map[string]any{"chat": chat, "state": state}, nil)
			_, err := testserver.Await(s.context(), alice, func(e *events.ChatPresence) bool {
				return string(e.State) == state && e.IsGroup == strings.HasSuffix(chat, "g.us")
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
	h.failed(-32602, "typing", map[string]any{"chat": group.JID.String(), "state": "dancing"})
	h.failed(-32602, "typing", map[string]any{"chat": "nobody", "state": "paused"})

	message := says(s, h, alice, group, "read this")
	h.ok("mark_read", map[string]any{"chat": message.Chat, "sender": message.Sender, "ids": []string{message.ID}}, nil)
	_, err := testserver.Await(s.context(), alice, func(e *events.Receipt) bool {
		return e.Type == "read" && slices.Contains(e.MessageIDs, message.ID)
	})
	if err != nil {
		t.Error(err)
	}
	h.failed(-32602, "mark_read", map[string]any{"chat": message.Chat, "sender": message.Sender, "ids": []string{}})
}

func TestGroups(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	var answer struct {
		Groups []struct {
			JID, Name    string
			Participants int
		}
	}
	h.ok("groups", map[string]any{}, &answer)
	if answer.Groups == nil || len(answer.Groups) != 0 {
		t.Errorf("groups of a newcomer: %+v", answer)
	}
	family := s.server.NewGroup("Family", true, s.account, alice.Account)
	work := s.server.NewGroup("Work", false, s.account)
	s.server.NewGroup("Others", true, alice.Account)
	h.ok("groups", map[string]any{}, &answer)
	if len(answer.Groups) != 2 {
		t.Fatalf("groups: %+v", answer)
	}
	for _, found := range answer.Groups {
		if !(found.JID == family.JID.String() && found.Name == "Family" && found.Participants == 2) &&
			!(found.JID == work.JID.String() && found.Name == "Work" && found.Participants == 1) {
			t.Errorf("group: %+v", found)
		}
	}
	s.server.Leave(work, s.account)
	h.ok("groups", map[string]any{}, &answer)
	if len(answer.Groups) != 1 {
		t.Errorf("groups after leaving one: %+v", answer)
	}
}

func TestSendErrors(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	chat := alice.Account.Phone.String()
	group := s.server.NewGroup("Others", true, alice.Account)

	if text := h.failed(3, "send", sendParams("4999900000000@s.whatsapp.net", "x", messageOne)); !strings.Contains(text, "not on WhatsApp") {
		t.Errorf("unknown number: %s", text)
	}
	h.failed(3, "send", sendParams("120363999999999999@g.us", "x", messageOne))
	h.failed(3, "send", sendParams(group.JID.String(), "x", messageOne))
	h.failed(3, "send", sendParams("nobody", "x", messageOne))
	h.failed(3, "send", sendParams("status@broadcast", "x", messageOne))
	h.failed(3, "send", sendParams(chat, "", messageOne))
	h.failed(3, "send", sendParams(chat, strings.Repeat("x", 10<<20), messageOne))
	h.failed(-32602, "send", sendParams(chat, "x", "my-own-id"))
	h.failed(-32602, "send", map[string]any{"chat": 7})

	for status, code := range map[int]int{429: 4, 403: 3, 479: 3, 421: 2, 500: 2} {
		s.server.Behave(func(b *testserver.Behaviour) { b.AckErrors = []int{status} })
		if h.failed(code, "send", sendParams(chat, "x", messageOne)); code == 4 {
			answer := h.answered(`"h` + itoa(h.serial) + `"`)
			if answer.Error.Data.RetryIn <= 0 {
				t.Errorf("too fast without retry_in: %+v", answer.Error)
			}
		}
	}
	h.ok("send", sendParams(chat, strings.Repeat("ä", 65536), messageTwo), nil)
	awaitText(s, alice, strings.Repeat("ä", 65536))
}

func TestTenMegabytesReceived(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	text := strings.Repeat("\u0001ten megabytes ", 10<<20/15)
	if message := says(s, h, alice, nil, text); message.Text != text {
		t.Errorf("%d bytes of %d received", len(message.Text), len(text))
	}
}

func TestSendsKeepTheirOrder(t *testing.T) {
	s := newScene(t)
	h := s.paired()
	alice := s.person("Alice")
	var ids []string
	for i := range 30 {
		text := "number " + itoa(i)
		ids = append(ids, h.call("send", sendParams(alice.Account.Phone.String(), text, "3EB00000000000000001"+hex2(i))))
	}
	for _, id := range ids {
		if answer := h.answered(id); answer.Error != nil {
			t.Fatal(answer.Error)
		}
	}
	last := -1
	for i := range 30 {
		received := awaitText(s, alice, "number "+itoa(i))
		if received.Info.Timestamp.Unix() < 0 || i != last+1 {
			t.Errorf("number %d after %d", i, last)
		}
		last = i
	}
	if order := alice.Order("number "); !slices.IsSorted(order) || len(order) != 30 {
		t.Errorf("order: %v", order)
	}
}
