package testserver

import (
	"go.mau.fi/whatsmeow/types"
)

// take handles a stanza of a client.
func (s *Server) take(c *connection, stanza node) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.behave.Deaf {
		return
	}
	if c.device == nil {
		c.takeOfNewcomer(stanza)
		return
	}
	s.record(Stanza{c.device.phone(), stanza})
	switch stanza.Tag {
	case "iq":
		c.query(stanza)
	case "message":
		c.relay(stanza)
	case "receipt":
		c.receipt(stanza)
	case "ack":
		if stanza.AttrGetter().OptionalString("class") != "" {
			c.device.acknowledged(stanza.AttrGetter().OptionalString("id"))
		}
	case "chatstate":
		c.chatState(stanza)
	}
}

func (c *connection) takeOfNewcomer(stanza node) {
	ag := stanza.AttrGetter()
	id := ag.OptionalString("id")
	switch {
	case stanza.Tag != "iq" || c.newcomer == nil:
	case id == "pair-success" && c.newcomer.waiting != nil:
		if ag.OptionalString("type") == "result" {
			c.newcomer.waiting()
		}
	case ag.OptionalString("type") == "set" || ag.OptionalString("type") == "get":
		if registration, ok := stanza.GetOptionalChildByTag("link_code_companion_reg"); ok {
			c.companionRegistration(id, registration)
			return
		}
		c.reply(id)
	}
}

func (c *connection) reply(id string, content ...node) {
	result := node{Tag: "iq", Attrs: attrs{"from": types.ServerJID, "type": "result", "id": id}}
	if len(content) > 0 {
		result.Content = content
	}
	c.send(result)
}

func (c *connection) refuse(id string, code int, text string) {
	c.send(node{
		Tag:     "iq",
		Attrs:   attrs{"from": types.ServerJID, "type": "error", "id": id},
		Content: []node{{Tag: "error", Attrs: attrs{"code": code, "text": text}}},
	})
}

func (c *connection) query(stanza node) {
	ag := stanza.AttrGetter()
	id, kind := ag.String("id"), ag.OptionalString("xmlns")+"/"+ag.OptionalString("type")
	switch kind {
	case "encrypt/get":
		c.keys(id, stanza)
	case "encrypt/set":
		c.storeKeys(stanza)
		c.reply(id)
	case "usync/get":
		c.usync(id, stanza)
	case "w:g2/get":
		c.groupQuery(id, ag.JID("to"), stanza)
	case "passive/set":
		c.reply(id)
		if _, active := stanza.GetOptionalChildByTag("active"); active {
			c.device.active = true
			for _, waiting := range c.device.pending {
				c.send(waiting)
			}
		}
	case "md/set":
		c.reply(id)
		if _, remove := stanza.GetOptionalChildByTag("remove-companion-device"); remove {
			delete(c.device.account.devices, c.device.id)
			c.send(node{Tag: "stream:error", Attrs: attrs{"code": "401"}, Content: []node{{Tag: "conflict", Attrs: attrs{"type": "device_removed"}}}})
			c.closeAfterwards()
		}
	default:
		c.reply(id)
	}
}

func (c *connection) keys(id string, stanza node) {
	request, ok := stanza.GetOptionalChildByTag("key")
	if !ok {
		c.reply(id, node{Tag: "count", Attrs: attrs{"value": len(c.device.preKeys)}})
		return
	}
	var users []node
	for _, user := range request.GetChildren() {
		jid := user.AttrGetter().JID("jid")
		d := c.server.find(jid)
		if d == nil {
			users = append(users, node{Tag: "user", Attrs: attrs{"jid": jid}, Content: []node{
				{Tag: "error", Attrs: attrs{"code": 404, "text": "item-not-found"}},
			}})
			continue
		}
		bundle := []node{
			{Tag: "registration", Content: d.registration},
			{Tag: "type", Content: []byte{5}},
			{Tag: "identity", Content: d.identity},
			d.signedPreKey,
		}
		if len(d.preKeys) > 0 {
			bundle = append(bundle, d.preKeys[0])
			d.preKeys = d.preKeys[1:]
		}
		users = append(users, node{Tag: "user", Attrs: attrs{"jid": jid}, Content: bundle})
	}
	c.reply(id, node{Tag: "list", Content: users})
}

func (c *connection) storeKeys(stanza node) {
	list := stanza.GetChildByTag("list")
	c.device.preKeys = append(c.device.preKeys, list.GetChildren()...)
	c.device.signedPreKey = stanza.GetChildByTag("skey")
}

// usync tells the devices and LIDs of people.
func (c *connection) usync(id string, stanza node) {
	request := stanza.GetChildByTag("usync", "list")
	var users []node
	for _, user := range request.GetChildren() {
		jid := user.AttrGetter().JID("jid")
		answer := node{Tag: "user", Attrs: attrs{"jid": jid}}
		if account := c.server.account(jid); account != nil {
			var list []node
			for deviceID := range account.devices {
				list = append(list, node{Tag: "device", Attrs: attrs{"id": int(deviceID)}})
			}
			answer.Content = []node{
				{Tag: "devices", Content: []node{{Tag: "device-list", Content: list}}},
				{Tag: "lid", Attrs: attrs{"val": account.LID}},
			}
		}
		users = append(users, answer)
	}
	c.reply(id, node{Tag: "usync", Content: []node{{Tag: "list", Content: users}}})
}

func (c *connection) groupQuery(id string, to types.JID, stanza node) {
	if _, all := stanza.GetOptionalChildByTag("participating"); all {
		var list []node
		for _, group := range c.server.groups {
			if group.has(c.device.account) {
				list = append(list, group.node())
			}
		}
		c.reply(id, node{Tag: "groups", Content: list})
		return
	}
	group := c.server.groups[to]
	switch {
	case group == nil:
		c.refuse(id, 404, "item-not-found")
	case !group.has(c.device.account):
		c.refuse(id, 403, "forbidden")
	default:
		c.reply(id, group.node())
	}
}

func (g *Group) has(account *Account) bool {
	for _, member := range g.members {
		if member == account {
			return true
		}
	}
	return false
}

func (g *Group) node() node {
	mode := "pn"
	if g.ByLID {
		mode = "lid"
	}
	var members []node
	for _, member := range g.members {
		about := attrs{"jid": member.Phone, "lid": member.LID}
		if g.ByLID {
			about = attrs{"jid": member.LID}
			if !member.HidePhone {
				about["phone_number"] = member.Phone
			}
		}
		members = append(members, node{Tag: "participant", Attrs: about})
	}
	return node{
		Tag:     "group",
		Attrs:   attrs{"id": g.JID.User, "subject": g.Name, "addressing_mode": mode, "size": len(g.members)},
		Content: members,
	}
}
