package alarm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/campusgate/campusgate/gateway/event"
)

// Limits of evidence.
const (
	MaxPicture     = 5 << 20 // bytes
	MaxAttachments = 20      // of one alarm
	maxName        = 200     // characters of a file's name
)

// Kinds of attachment.
const (
	KindPicture  = "picture"
	KindPosition = "position"
)

// Attachment is a picture or a place that somebody added to an alarm.
type Attachment struct {
	N      int64     `json:"n" doc:"The alarm's revision that added it."`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Kind   string    `json:"kind" enum:"picture,position"`
	Name   string    `json:"name"`
	Note   string    `json:"note"`
	SHA256 string    `json:"sha256" doc:"Of a picture."`
	Bytes  int       `json:"bytes"`
	Type   string    `json:"type" doc:"image/jpeg, image/png or image/webp; empty for a position."`
	Lat    *float64  `json:"lat" doc:"WGS-84."`
	Lon    *float64  `json:"lon"`
}

// Evidence is what somebody wants to attach: a picture, a place, or a picture with one.
type Evidence struct {
	ID  string
	Rev int64 // 0: whatever the alarm's revision
	By  string
	// Name of the file, Note about it.
	Name, Note string
	Data       []byte
	Lat, Lon   *float64
	Allows     func(event.SiteID) bool
}

func (e *Evidence) attachment() (Attachment, error) {
	a := Attachment{By: e.By, Kind: KindPosition, Lat: e.Lat, Lon: e.Lon}
	a.Note = strings.TrimSpace(e.Note)
	a.Name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`/\"<>`, r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(e.Name, "_"))
	switch {
	case e.By == "" || e.By == System:
		return a, &Invalid{"by", "a person"}
	case !event.ValidLines(a.Note, MaxNote):
		return a, &Invalid{"note", fmt.Sprintf("at most %d characters, none that hides or turns text", MaxNote)}
	case !event.ValidLine(a.Name, maxName):
		return a, &Invalid{"name", fmt.Sprintf("at most %d characters on one line", maxName)}
	case (e.Lat == nil) != (e.Lon == nil) || e.Lat != nil && !(*e.Lat >= -90 && *e.Lat <= 90 && *e.Lon >= -180 && *e.Lon <= 180):
		return a, &Invalid{"lat", "degrees, with lon, or neither"}
	case len(e.Data) == 0 && e.Lat == nil:
		return a, &Invalid{"lat", "a position, or a picture"}
	case len(e.Data) > MaxPicture:
		return a, &Invalid{"picture", fmt.Sprintf("at most %d bytes", MaxPicture)}
	}
	if len(e.Data) > 0 {
		a.Kind, a.Bytes, a.Type = KindPicture, len(e.Data), http.DetectContentType(e.Data)
		if a.Type != "image/jpeg" && a.Type != "image/png" && a.Type != "image/webp" {
			return a, &Invalid{"picture", "a JPEG, PNG or WebP picture"}
		}
		sum := sha256.Sum256(e.Data)
		a.SHA256 = hex.EncodeToString(sum[:])
	}
	return a, nil
}

// Data is what the audit says of an attachment: the picture's digest, the position.
func (a *Attachment) Data() string {
	if a.Lat == nil {
		return a.SHA256
	}
	return strings.TrimSpace(fmt.Sprintf("%s at %.6f,%.6f", a.SHA256, *a.Lat, *a.Lon))
}

// AddEvidence adds evidence to an alarm, in one transaction with its audit entry, or returns
// ErrNotFound, *Conflict or *Invalid. The audit holds the picture's digest.
func (s *Service) AddEvidence(ctx context.Context, e Evidence, now time.Time) (Alarm, Attachment, error) {
	att, err := e.attachment()
	if err != nil {
		return Alarm{}, att, err
	}
	now = now.UTC()
	var out Alarm
	err = s.update(ctx, func(w *work) error {
		a, err := w.tx.Alarm(e.ID)
		if err != nil {
			return err
		}
		if e.Allows == nil || !e.Allows(a.Site) {
			return ErrNotFound
		}
		if e.Rev != 0 && e.Rev != a.Rev {
			return w.conflict(a)
		}
		if a.Attachments >= MaxAttachments {
			return &Invalid{"picture", fmt.Sprintf("at most %d attachments for one alarm", MaxAttachments)}
		}
		a.Attachments++
		if err := w.step(&a, Attach, mark{e.By, att.Note, att.Data()}, now); err != nil {
			return err
		}
		att.N, att.At = a.Rev, now
		out = a
		return w.tx.PutAttachment(a.ID, att, e.Data)
	})
	return out, att, err
}

// Attachments lists what is attached to an alarm, oldest first.
func (s *Service) Attachments(ctx context.Context, id string) ([]Attachment, error) {
	return s.store.Attachments(ctx, id)
}

// Picture returns an attached picture, and notes in the audit who has seen it: it may show
// children.
func (s *Service) Picture(ctx context.Context, id string, n int64, by string, now time.Time) (Attachment, []byte, error) {
	a, data, err := s.store.Picture(ctx, id, n)
	if err != nil {
		return a, nil, err
	}
	err = s.update(ctx, func(w *work) error {
		return w.tx.Log(now.UTC(), by, "evidence.read", fmt.Sprintf("%s/%d", id, n), "")
	})
	return a, data, err
}
