package testserver

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/hkdfutil"
	"go.mau.fi/whatsmeow/util/keys"
	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/pbkdf2"
	"google.golang.org/protobuf/proto"
)

func hexOf(data []byte) string {
	return hex.EncodeToString(data)
}

// Pair does what the account's phone does when it scans a QR code.
func (s *Server) Pair(code string, account *Account) error {
	_, data, found := strings.Cut(code, "#")
	parts := strings.Split(data, ",")
	if !found || len(parts) != 5 {
		return fmt.Errorf("not a QR code of WhatsApp: %q", code)
	}
	secret, err := base64.StdEncoding.DecodeString(parts[3])
	if err != nil {
		return fmt.Errorf("secret in the QR code: %w", err)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	c := s.pairing[parts[0]]
	if c == nil {
		return errors.New("the QR code is unknown or has expired")
	}
	return s.link(c, account, secret)
}

// link makes the newcomer a device of the account, with an identity that the account's phone signs.
func (s *Server) link(c *connection, account *Account, secret []byte) error {
	account.lastDevice++
	d := &device{
		account:      account,
		id:           account.lastDevice,
		registration: c.newcomer.registration,
		identity:     c.newcomer.identity,
		signedPreKey: c.newcomer.signedPreKey,
	}
	details, err := proto.Marshal(&waAdv.ADVDeviceIdentity{
		RawID:     proto.Uint32(4711),
		Timestamp: proto.Uint64(uint64(time.Now().Unix())),
		KeyIndex:  proto.Uint32(uint32(d.id)),
	})
	if err != nil {
		return err
	}
	signed, err := proto.Marshal(&waAdv.ADVSignedDeviceIdentity{
		Details:             details,
		AccountSignatureKey: account.identity.Pub[:],
		AccountSignature:    sign(account.identity, []byte{6, 0}, details, d.identity),
	})
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(signed)
	sealed, err := proto.Marshal(&waAdv.ADVSignedDeviceIdentityHMAC{Details: signed, HMAC: mac.Sum(nil)})
	if err != nil {
		return err
	}
	c.newcomer.waiting = func() {
		account.devices[d.id] = d
		if !s.behave.NoRestart {
			c.send(node{Tag: "stream:error", Attrs: attrs{"code": "515"}})
		}
		c.closeAfterwards()
	}
	c.send(node{
		Tag:   "iq",
		Attrs: attrs{"from": types.ServerJID, "type": "set", "id": "pair-success", "xmlns": "md", "t": time.Now().Unix()},
		Content: []node{{Tag: "pair-success", Content: []node{
			{Tag: "device-identity", Content: sealed},
			{Tag: "device", Attrs: attrs{"jid": d.phone(), "lid": d.lid()}},
			{Tag: "platform", Attrs: attrs{"name": "android"}},
		}}},
	})
	return nil
}

// phonePairing is a pairing by code: the phone has been told the code by its owner.
type phonePairing struct {
	connection *connection
	wrapped    []byte // the newcomer's ephemeral key, encrypted with the code
	ephemeral  *keys.KeyPair
	shared     []byte
	account    *Account
	ref        []byte
}

func (c *connection) companionRegistration(id string, stanza node) {
	switch stanza.AttrGetter().String("stage") {
	case "companion_hello":
		jid := stanza.AttrGetter().JID("jid")
		p := &phonePairing{connection: c, ref: []byte("ref-" + jid.User)}
		p.wrapped, _ = stanza.GetChildByTag("link_code_pairing_wrapped_companion_ephemeral_pub").Content.([]byte)
		c.server.phones[jid.User] = p
		c.reply(id, node{Tag: "link_code_companion_reg", Content: []node{{Tag: "link_code_pairing_ref", Content: p.ref}}})
	case "companion_finish":
		c.reply(id)
		for _, p := range c.server.phones {
			if p.connection == c && p.account != nil {
				_ = p.finish(stanza)
			}
		}
	}
}

// PairByCode does what the account's phone does when its owner types in the code.
func (s *Server) PairByCode(code string, account *Account) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	p := s.phones[account.Phone.User]
	if p == nil || len(p.wrapped) != 80 {
		return errors.New("nobody asked for a code for this number")
	}
	code = strings.ReplaceAll(code, "-", "")
	p.account, p.ephemeral = account, keys.NewKeyPair()
	companion := crypt(code, p.wrapped[:32], p.wrapped[32:48], p.wrapped[48:])
	shared, err := curve25519.X25519(p.ephemeral.Priv[:], companion)
	if err != nil {
		return err
	}
	p.shared = shared
	random := make([]byte, 48)
	_, _ = rand.Read(random)
	wrapped := append(random, crypt(code, random[:32], random[32:48], p.ephemeral.Pub[:])...)
	p.connection.send(node{
		Tag:   "notification",
		Attrs: attrs{"from": types.ServerJID, "type": "link_code_companion_reg", "id": s.nextID(), "t": time.Now().Unix()},
		Content: []node{{Tag: "link_code_companion_reg", Attrs: attrs{"stage": "primary_hello"}, Content: []node{
			{Tag: "link_code_pairing_ref", Content: p.ref},
			{Tag: "link_code_pairing_wrapped_primary_ephemeral_pub", Content: wrapped},
			{Tag: "primary_identity_pub", Content: account.identity.Pub[:]},
		}}},
	})
	return nil
}

// finish learns the secret that the newcomer chose and links it.
func (p *phonePairing) finish(stanza node) error {
	bundle, _ := stanza.GetChildByTag("link_code_pairing_wrapped_key_bundle").Content.([]byte)
	if len(bundle) < 44 {
		return errors.New("key bundle too short")
	}
	key := hkdfutil.SHA256(p.shared, bundle[:32], []byte("link_code_pairing_key_bundle_encryption_key"), 32)
	plaintext, err := gcm(key).Open(nil, bundle[32:44], bundle[44:], nil)
	if err != nil || len(plaintext) != 96 {
		return fmt.Errorf("key bundle not readable: the code was wrong (%v)", err)
	}
	identities, err := curve25519.X25519(p.account.identity.Priv[:], plaintext[:32])
	if err != nil {
		return err
	}
	input := append(append(append([]byte{}, p.shared...), identities...), plaintext[64:]...)
	secret := hkdfutil.SHA256(input, nil, []byte("adv_secret"), 32)
	return p.connection.server.link(p.connection, p.account, secret)
}

// crypt encrypts and decrypts with the pairing code.
func crypt(code string, salt, iv, data []byte) []byte {
	block, err := aes.NewCipher(pbkdf2.Key([]byte(code), salt, 2<<16, 32, sha256.New))
	if err != nil {
		panic(err)
	}
	out := make([]byte, len(data))
	cipher.NewCTR(block, iv).XORKeyStream(out, data)
	return out
}
