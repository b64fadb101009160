package bridge

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow"
	waStore "go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// supervise connects when the host says so, and keeps the connection until there is a reason to stop.
func (b *Bridge) supervise(ctx context.Context) {
	for {
		select {
		case <-b.wake:
			b.keepConnected(ctx)
			b.wanted.Store(len(b.wake) > 0)
		case <-ctx.Done():
			return
		}
	}
}

// connectNow starts the connection, or cuts short the wait for the next try.
func (b *Bridge) connectNow() {
	b.wanted.Store(true)
	select {
	case b.wake <- struct{}{}:
	default: // already woken
	}
}

func (b *Bridge) keepConnected(ctx context.Context) {
	wait := backoff{least: b.timings.RetryMin, most: b.timings.RetryMax}
	updated := false   // WhatsApp's version was fetched
	restarted := false // the last session, too, ended because WhatsApp asked for a new one
	for ctx.Err() == nil {
		b.drainWake()
		ended := b.runSession(ctx)
		if ended.newDevice {
			b.forgetDevice(ctx)
		}
		if ended.lasted >= b.timings.Stable {
			wait.reset()
			updated = false
		}
		switch {
		case ctx.Err() != nil:
			return
		case ended.loggedOutByHost:
			b.forgetDevice(ctx)
			return
		case ended.stop != nil && ended.stop.Reason == reasonOutdated && !updated && b.updateVersion(ctx):
			updated = true
		case ended.stop != nil:
			b.stop(ctx, ended.stop)
			return
		case ended.restart && (!restarted || ended.lasted > 0):
			restarted = true
			b.log.Info("reconnecting at once", "reason", ended.reason)
		default:
			restarted = false
			if !b.pause(ctx, ended.reason, wait.stepWithJitter()) {
				return
			}
		}
	}
}

// drainWake forgets a `connect` that came while the connection was being made anyway.
func (b *Bridge) drainWake() {
	select {
	case <-b.wake:
	default:
	}
}

// pause waits before the next try; a `connect` of the host ends it.
func (b *Bridge) pause(ctx context.Context, reason string, wait time.Duration) bool {
	b.setState(b.restState())
	b.drainWake()
	b.log.Info("disconnected", "reason", reason, "retry_in", wait)
	b.peer.Notify("disconnected", Disconnected{reason, wait.Milliseconds()})
	select {
	case <-time.After(wait):
	case <-b.wake:
	case <-ctx.Done():
		return false
	}
	return true
}

// stop leaves the connection alone until the host says `connect`.
func (b *Bridge) stop(ctx context.Context, stopped *Stopped) {
	if stopped.Reason == reasonLoggedOut {
		b.forgetDevice(ctx)
	}
	b.setState(StateStopped)
	b.drainWake() // it was meant for the connection that just ended
	b.log.Warn("stopped", "reason", stopped.Reason, "text", stopped.Text)
	b.peer.Notify("stopped", *stopped)
}

// forgetDevice deletes the session and makes a new device that can be paired.
// The library deletes too, on its own goroutine, so its device is not touched here.
func (b *Bridge) forgetDevice(ctx context.Context) {
	devices, err := b.store.Sessions.GetAllDevices(ctx)
	for _, device := range devices {
		err = b.store.Sessions.DeleteDevice(ctx, &waStore.Device{ID: device.ID})
	}
	if err != nil {
		b.log.Error("the session could not be deleted; delete the store's file before pairing again", "error", err)
	}
	b.useDevice(b.store.Sessions.NewDevice())
}

const versionKey = "whatsapp_version"

// rememberedVersion uses the version that a former run had to fetch, if it is newer than the library's.
func (b *Bridge) rememberedVersion(ctx context.Context) error {
	text, err := b.store.Ledger.Value(ctx, versionKey)
	if err != nil {
		return fmt.Errorf("store: cannot read WhatsApp's version: %w", err)
	}
	if text == "" {
		return nil
	}
	version, err := waStore.ParseVersion(text)
	if err != nil {
		b.log.Warn("the remembered version of WhatsApp is not one", "version", text)
		return nil
	}
	if waStore.GetWAVersion().LessThan(version) {
		waStore.SetWAVersion(version)
	}
	return nil
}

// updateVersion fetches the version that WhatsApp wants its clients to have and says whether it is a newer one.
func (b *Bridge) updateVersion(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, b.timings.ServerVersion)
	defer cancel()
	current := waStore.GetWAVersion()
	latest, err := whatsmeow.GetLatestVersion(ctx, b.endpoint.client(b.timings.ServerVersion))
	if err != nil {
		b.log.Warn("the current version of WhatsApp could not be fetched", "error", err)
		return false
	}
	if !current.LessThan(*latest) {
		return false
	}
	b.log.Info("WhatsApp wants a newer version", "ours", current.String(), "current", latest.String())
	waStore.SetWAVersion(*latest)
	if err := b.store.Ledger.SetValue(ctx, versionKey, latest.String()); err != nil {
		b.log.Warn("WhatsApp's version could not be remembered", "error", err)
	}
	return true
}

// address is a user or a group on WhatsApp.
type address = types.JID
