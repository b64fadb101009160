package testserver

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coder/websocket"
	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/proto/waCert"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/util/keys"
	"golang.org/x/crypto/curve25519"
	"google.golang.org/protobuf/proto"
)

// rootKey signs the certificates of all servers of this process.
var rootKey = sync.OnceValue(keys.NewKeyPair)

// frames reads and writes WhatsApp's length-prefixed frames on a WebSocket.
type frames struct {
	socket *websocket.Conn
	rest   []byte
	begun  bool
}

func (f *frames) read(ctx context.Context) ([]byte, error) {
	for {
		if !f.begun && len(f.rest) >= len(socket.WAConnHeader) {
			f.rest, f.begun = f.rest[len(socket.WAConnHeader):], true
		}
		if f.begun && len(f.rest) >= 3 {
			length := int(f.rest[0])<<16 | int(f.rest[1])<<8 | int(f.rest[2])
			if len(f.rest) >= 3+length {
				frame := f.rest[3 : 3+length]
				f.rest = f.rest[3+length:]
				return frame, nil
			}
		}
		_, data, err := f.socket.Read(ctx)
		if err != nil {
			return nil, err
		}
		f.rest = append(f.rest, data...)
	}
}

func (f *frames) write(ctx context.Context, data []byte) error {
	length := len(data)
	frame := append([]byte{byte(length >> 16), byte(length >> 8), byte(length)}, data...)
	return f.socket.Write(ctx, websocket.MessageBinary, frame)
}

// handshake is the responder's half of Noise_XX_25519_AESGCM_SHA256.
type handshake struct {
	hash, salt []byte
	key        cipher.AEAD
	counter    uint32
}

func newHandshake() *handshake {
	h := &handshake{hash: []byte(socket.NoiseStartPattern)}
	h.salt = h.hash
	h.key = gcm(h.hash)
	h.authenticate(socket.WAConnHeader)
	return h
}

func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func nonce(counter uint32) []byte {
	iv := make([]byte, 12)
	binary.BigEndian.PutUint32(iv[8:], counter)
	return iv
}

func (h *handshake) authenticate(data []byte) {
	sum := sha256.Sum256(append(append([]byte{}, h.hash...), data...))
	h.hash = sum[:]
}

func (h *handshake) encrypt(plaintext []byte) []byte {
	ciphertext := h.key.Seal(nil, nonce(h.counter), plaintext, h.hash)
	h.counter++
	h.authenticate(ciphertext)
	return ciphertext
}

func (h *handshake) decrypt(ciphertext []byte) ([]byte, error) {
	plaintext, err := h.key.Open(nil, nonce(h.counter), ciphertext, h.hash)
	h.counter++
	h.authenticate(ciphertext)
	return plaintext, err
}

func (h *handshake) expand(secret []byte) (first, second []byte) {
	out, err := hkdf.Key(sha256.New, secret, h.salt, "", 64)
	if err != nil {
		panic(err)
	}
	return out[:32], out[32:]
}

func (h *handshake) mix(private, public []byte) error {
	secret, err := curve25519.X25519(private, public)
	if err != nil {
		return err
	}
	var key []byte
	h.salt, key = h.expand(secret)
	h.key, h.counter = gcm(key), 0
	return nil
}

// transport is an encrypted connection after the handshake.
type transport struct {
	frames      *frames
	in, out     cipher.AEAD
	received    uint32
	sent        uint32
	sending     sync.Mutex
	clientHello *waWa6.ClientPayload
}

func (t *transport) read(ctx context.Context) ([]byte, error) {
	frame, err := t.frames.read(ctx)
	if err != nil {
		return nil, err
	}
	plaintext, err := t.in.Open(nil, nonce(t.received), frame, nil)
	t.received++
	return plaintext, err
}

func (t *transport) write(ctx context.Context, plaintext []byte) error {
	t.sending.Lock()
	defer t.sending.Unlock()
	frame := t.out.Seal(nil, nonce(t.sent), plaintext, nil)
	t.sent++
	return t.frames.write(ctx, frame)
}

// accept does the handshake with a client and reads what it says about itself.
func accept(ctx context.Context, client *websocket.Conn) (*transport, error) {
	f := &frames{socket: client}
	h := newHandshake()
	static, ephemeral := keys.NewKeyPair(), keys.NewKeyPair()

	var hello waWa6.HandshakeMessage
	if err := readMessage(ctx, f, &hello); err != nil {
		return nil, err
	}
	clientEphemeral := hello.GetClientHello().GetEphemeral()
	h.authenticate(clientEphemeral)
	h.authenticate(ephemeral.Pub[:])
	if err := h.mix(ephemeral.Priv[:], clientEphemeral); err != nil {
		return nil, err
	}
	encryptedStatic := h.encrypt(static.Pub[:])
	if err := h.mix(static.Priv[:], clientEphemeral); err != nil {
		return nil, err
	}
	certificate, err := certificateFor(static)
	if err != nil {
		return nil, err
	}
	reply, err := proto.Marshal(&waWa6.HandshakeMessage{ServerHello: &waWa6.HandshakeMessage_ServerHello{
		Ephemeral: ephemeral.Pub[:], Static: encryptedStatic, Payload: h.encrypt(certificate),
	}})
	if err != nil {
		return nil, err
	}
	if err := f.write(ctx, reply); err != nil {
		return nil, err
	}

	var finish waWa6.HandshakeMessage
	if err := readMessage(ctx, f, &finish); err != nil {
		return nil, err
	}
	clientStatic, err := h.decrypt(finish.GetClientFinish().GetStatic())
	if err != nil {
		return nil, fmt.Errorf("client's static key: %w", err)
	}
	if err := h.mix(ephemeral.Priv[:], clientStatic); err != nil {
		return nil, err
	}
	about, err := h.decrypt(finish.GetClientFinish().GetPayload())
	if err != nil {
		return nil, fmt.Errorf("client's payload: %w", err)
	}
	var payload waWa6.ClientPayload
	if err := proto.Unmarshal(about, &payload); err != nil {
		return nil, err
	}
	in, out := h.expand(nil)
	return &transport{frames: f, in: gcm(in), out: gcm(out), clientHello: &payload}, nil
}

func readMessage(ctx context.Context, f *frames, message proto.Message) error {
	data, err := f.read(ctx)
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return errors.New("empty frame in the handshake")
	}
	return proto.Unmarshal(data, message)
}

// certificateFor is a chain from the root key to the server's static key.
func certificateFor(static *keys.KeyPair) ([]byte, error) {
	intermediate := keys.NewKeyPair()
	upper, err := signedCertificate(rootKey(), 1, 0, intermediate)
	if err != nil {
		return nil, err
	}
	lower, err := signedCertificate(intermediate, 2, 1, static)
	if err != nil {
		return nil, err
	}
	return proto.Marshal(&waCert.CertChain{Intermediate: upper, Leaf: lower})
}

func signedCertificate(issuer *keys.KeyPair, serial, issuerSerial uint32, subject *keys.KeyPair) (*waCert.CertChain_NoiseCertificate, error) {
	details, err := proto.Marshal(&waCert.CertChain_NoiseCertificate_Details{
		Serial:       proto.Uint32(serial),
		IssuerSerial: proto.Uint32(issuerSerial),
		Key:          subject.Pub[:],
		NotBefore:    proto.Uint64(uint64(time.Now().Add(-time.Hour).Unix())),
		NotAfter:     proto.Uint64(uint64(time.Now().Add(24 * time.Hour).Unix())),
	})
	if err != nil {
		return nil, err
	}
	signature := sign(issuer, details)
	return &waCert.CertChain_NoiseCertificate{Details: details, Signature: signature}, nil
}

func sign(key *keys.KeyPair, parts ...[]byte) []byte {
	var message []byte
	for _, part := range parts {
		message = append(message, part...)
	}
	signature := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*key.Priv), message)
	return signature[:]
}
