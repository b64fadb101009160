package testserver

import (
	"maps"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// relay gives a message to all devices that it is encrypted for.
func (c *connection) relay(stanza node) {
	s := c.server
	ag := stanza.AttrGetter()
	to, id := ag.JID("to"), ag.String("id")
	now := time.Now().Unix()
	ack := node{Tag: "ack", Attrs: attrs{"class": "message", "id": id, "from": to, "t": now}}
	if s.behave.HoldMessages {
		return
	}
	if len(s.behave.AckErrors) > 0 {
		ack.Attrs["error"] = s.behave.AckErrors[0]
		s.behave.AckErrors = s.behave.AckErrors[1:]
		c.send(ack)
		return
	}
	if ag.OptionalString("category") != "peer" { // a phone that does not exist
		c.fanOut(stanza, to, id, now)
	}
	if s.behave.LoseAcks > 0 {
		s.behave.LoseAcks--
		return
	}
	c.send(ack)
}

func (c *connection) fanOut(stanza node, to types.JID, id string, now int64) {
	base := attrs{"id": id, "t": now, "type": stanza.AttrGetter().OptionalString("type"), "notify": c.device.account.Name}
	if edit := stanza.AttrGetter().OptionalString("edit"); edit != "" {
		base["edit"] = edit
	}
	identity, hasIdentity := stanza.GetOptionalChildByTag("device-identity")
	groupKey, hasGroupKey := stanza.GetOptionalChildByTag("enc") // also the only one, of a resent message
	participants := stanza.GetChildByTag("participants")

	content := make(map[*device][]node)
	for _, participant := range participants.GetChildren() {
		if d := c.server.find(participant.AttrGetter().JID("jid")); d != nil {
			content[d] = participant.GetChildren()
		}
	}
	resentTo := to
	if participant, ok := stanza.Attrs["participant"].(types.JID); ok {
		resentTo = participant
	}
	if group := c.server.groups[to]; group != nil && stanza.Attrs["participant"] == nil {
		for _, member := range group.members {
			for _, d := range member.devices {
				if d != c.device && hasGroupKey {
					content[d] = append(content[d], groupKey)
				}
			}
		}
	} else if d := c.server.find(resentTo); d != nil && hasGroupKey {
		content[d] = []node{groupKey}
	}
	for d, encrypted := range content {
		if c.server.behave.Garble > 0 {
			c.server.behave.Garble--
			encrypted = garbled(encrypted)
		}
		if hasIdentity {
			encrypted = append(encrypted, identity)
		}
		d.deliver(node{Tag: "message", Attrs: c.addressed(base, d, to), Content: encrypted})
	}
}

// garbled breaks the last ciphertext: in a group the one with the text.
func garbled(encrypted []node) []node {
	copied := append([]node{}, encrypted...)
	last := &copied[len(copied)-1]
	data := append([]byte{}, last.Content.([]byte)...)
	data[len(data)-1] ^= 0xff
	last.Content = data
	return copied
}

// addressed says who sent a message, as the recipient is to see it.
func (c *connection) addressed(base waBinary.Attrs, recipient *device, to types.JID) waBinary.Attrs {
	about := maps.Clone(base)
	sender := c.device
	group := c.server.groups[to]
	switch {
	case group != nil && group.ByLID:
		about["from"], about["participant"], about["addressing_mode"] = to, sender.lid(), "lid"
		if !sender.account.HidePhone {
			about["participant_pn"] = sender.account.Phone
		}
	case group != nil:
		about["from"], about["participant"], about["participant_lid"] = to, sender.phone(), sender.account.LID
	case recipient.account == sender.account:
		about["from"], about["recipient"] = sender.lid(), to
		if other := c.server.account(to); other != nil {
			about["recipient"] = other.LID
			if !other.HidePhone {
				about["peer_recipient_pn"] = other.Phone
			}
		}
	case sender.account.ByPhone:
		about["from"], about["sender_lid"] = sender.phone(), sender.account.LID
	default:
		about["from"] = sender.lid()
		if !sender.account.HidePhone {
			about["sender_pn"] = sender.account.Phone
		}
	}
	return about
}

// deliver keeps a stanza until the device says that it has it.
func (d *device) deliver(stanza node) {
	d.pending = append(d.pending, stanza)
	if d.connection != nil && d.active {
		d.connection.send(stanza)
	}
}

func (d *device) acknowledged(id string) {
	var rest []node
	for _, stanza := range d.pending {
		if stanza.AttrGetter().OptionalString("id") != id {
			rest = append(rest, stanza)
		}
	}
	d.pending = rest
}

// receipt ends the wait for an acknowledgement, and tells the sender.
func (c *connection) receipt(stanza node) {
	ag := stanza.AttrGetter()
	id, kind := ag.String("id"), ag.OptionalString("type")
	c.device.acknowledged(id)
	to := ag.OptionalJIDOrEmpty("to")
	about := attrs{"id": id, "t": time.Now().Unix(), "from": c.device.lid()}
	if kind != "" {
		about["type"] = kind
	}
	target := to
	if to.Server == types.GroupServer {
		target = ag.OptionalJIDOrEmpty("participant")
		about["from"], about["participant"] = to, c.device.lid()
	}
	account := c.server.account(target)
	if account == nil || account == c.device.account {
		return
	}
	forwarded := node{Tag: "receipt", Attrs: about, Content: stanza.Content}
	for _, d := range account.devices {
		if target.Device == 0 || target.Device == d.id {
			if kind == "retry" && c.server.behave.HoldRetries {
				d.pending = append(d.pending, forwarded)
			} else if kind == "retry" {
				d.deliver(forwarded)
			} else if d.connection != nil && d.active {
				d.connection.send(forwarded)
			}
		}
	}
}

func (c *connection) chatState(stanza node) {
	to := stanza.AttrGetter().JID("to")
	forwarded := node{Tag: "chatstate", Attrs: attrs{"from": c.device.lid()}, Content: stanza.Content}
	var targets []*Account
	if group := c.server.groups[to]; group != nil {
		forwarded.Attrs = attrs{"from": to, "participant": c.device.lid()}
		targets = group.members
	} else if account := c.server.account(to); account != nil {
		targets = []*Account{account}
	}
	for _, account := range targets {
		for _, d := range account.devices {
			if d.connection != nil && d.active && d != c.device {
				d.connection.send(forwarded)
			}
		}
	}
}
