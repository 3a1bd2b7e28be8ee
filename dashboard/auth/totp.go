package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// Errors of the second factor.
var (
	// ErrSecondFactor says that the password is right, and that a code is needed too.
	ErrSecondFactor = errors.New("give the code of your second factor")
	// ErrCode says that the code is wrong, or was used before.
	ErrCode = errors.New("the code is wrong, or was used before")
)

const (
	totpPeriod    = 30 // seconds, RFC 6238
	recoveryCodes = 10
)

// Enrolment is what an authenticator needs.
type Enrolment struct {
	Secret string `json:"secret" doc:"Base32, for typing."`
	URL    string `json:"url" doc:"otpauth://"`
	QR     string `json:"qr" doc:"The URL as a QR code: path data of an SVG, one unit a module."`
	Size   int    `json:"size" doc:"Modules of a side, without the quiet zone."`
}

// Enrol makes a new secret for the caller; it counts once Confirm has seen a code of it.
func (m *Manager) Enrol(ctx context.Context, id Identity, password, address string, now time.Time) (Enrolment, error) {
	a, err := m.store.Account(ctx, id.Username)
	if err != nil {
		return Enrolment{}, err
	}
	if id.Token != "" {
		return Enrolment{}, &NotAllowed{"a token cannot change its account"}
	}
	if err := m.confirm(ctx, a, "password", password, address, now); err != nil {
		return Enrolment{}, err
	}
	if t, err := m.store.TOTP(ctx, a.Username); err == nil && t.Confirmed {
		return Enrolment{}, &NotAllowed{"there is a second factor: remove it first"}
	} else if err != nil && !errors.Is(err, ErrNoAccount) {
		return Enrolment{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: m.issuer, AccountName: a.Username, Period: totpPeriod, SecretSize: 20})
	if err != nil {
		return Enrolment{}, fmt.Errorf("make secret: %w", err)
	}
	out := Enrolment{Secret: key.Secret(), URL: key.URL()}
	if out.QR, out.Size, err = qrPath(key.URL()); err != nil {
		return Enrolment{}, err
	}
	return out, m.store.PutTOTP(ctx, a.Username, TOTP{Secret: key.Secret()}, nil)
}

// qrPath draws text as the squares of a QR code.
func qrPath(text string) (path string, size int, err error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", 0, fmt.Errorf("make QR code: %w", err)
	}
	var b strings.Builder
	size = code.Bounds().Dx()
	for y := range size {
		for x := 0; x < size; x++ {
			run := 0
			for x+run < size {
				if r, _, _, _ := code.At(x+run, y).RGBA(); r != 0 {
					break
				}
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x, y, run, run)
				x += run
			}
		}
	}
	return b.String(), size, nil
}

// ConfirmTOTP takes the first code of a new secret, turns the second factor on, and returns
// recovery codes, which nobody can read again. Other sessions of the account end.
func (m *Manager) ConfirmTOTP(ctx context.Context, id Identity, code string, now time.Time) ([]string, error) {
	t, err := m.store.TOTP(ctx, id.Username)
	if err != nil {
		return nil, err
	}
	if t.Confirmed {
		return nil, &NotAllowed{"the second factor is on"}
	}
	step, ok := matchCode(t, code, now)
	if !ok {
		return nil, &Invalid{"code", ErrCode.Error()}
	}
	codes := make([]string, recoveryCodes)
	digests := make([]string, recoveryCodes)
	for i := range codes {
		text := strings.ToLower(rand.Text()[:12])
		codes[i] = text[:4] + "-" + text[4:8] + "-" + text[8:]
		digests[i] = recoveryDigest(id.Username, codes[i])
	}
	t.Confirmed, t.Step = true, step
	err = m.store.PutTOTP(ctx, id.Username, t, digests, audit(id.Username, now, "account.totp.on", id.Username, nil))
	if err != nil {
		return nil, err
	}
	return codes, m.store.EndSessions(ctx, id.Username, "", id.Session)
}

// RemoveTOTP turns the caller's second factor off.
func (m *Manager) RemoveTOTP(ctx context.Context, id Identity, password, address string, now time.Time) error {
	a, err := m.store.Account(ctx, id.Username)
	if err != nil {
		return err
	}
	if id.Token != "" {
		return &NotAllowed{"a token cannot change its account"}
	}
	if err := m.confirm(ctx, a, "password", password, address, now); err != nil {
		return err
	}
	return m.store.DeleteTOTP(ctx, a.Username, audit(a.Username, now, "account.totp.off", a.Username, nil))
}

// TOTPState says whether the second factor of an account is on, and how many recovery codes
// are left.
func (m *Manager) TOTPState(ctx context.Context, username string) (on bool, codes int, err error) {
	t, err := m.store.TOTP(ctx, username)
	if errors.Is(err, ErrNoAccount) || err == nil && !t.Confirmed {
		return false, 0, nil
	}
	if err != nil {
		return false, 0, err
	}
	codes, err = m.store.RecoveryLeft(ctx, username)
	return true, codes, err
}

// secondFactor checks the code of an account that has a second factor.
func (m *Manager) secondFactor(ctx context.Context, a Account, code string, now time.Time) (How, error) {
	t, err := m.store.TOTP(ctx, a.Username)
	if errors.Is(err, ErrNoAccount) || err == nil && !t.Confirmed {
		return ByPassword, nil
	}
	if err != nil {
		return "", err
	}
	if code = strings.TrimSpace(code); code == "" {
		return "", ErrSecondFactor
	}
	if step, ok := matchCode(t, code, now); ok {
		// Two logins with the same code at the same time: the store lets one through.
		if err := m.store.UseStep(ctx, a.Username, step); errors.Is(err, ErrOvertaken) {
			return "", ErrCode
		} else if err != nil {
			return "", err
		}
		return ByTOTP, nil
	}
	err = m.store.UseRecovery(ctx, a.Username, recoveryDigest(a.Username, code), audit(a.Username, now, "account.recovery", a.Username, nil))
	if errors.Is(err, ErrNoAccount) {
		return "", ErrCode
	}
	return ByTOTP, err
}

// matchCode returns the step of a code of now, one step before or after (RFC 6238, 5.2), and
// not one that was taken.
func matchCode(t TOTP, code string, now time.Time) (step int64, ok bool) {
	code = strings.ReplaceAll(code, " ", "")
	for d := int64(-1); d <= 1; d++ {
		at := now.Unix()/totpPeriod + d
		want, err := totp.GenerateCodeCustom(t.Secret, time.Unix(at*totpPeriod, 0), totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && at > t.Step && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = at, true
		}
	}
	return step, ok
}

func recoveryDigest(username, code string) string {
	code = strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(code))
	return digest(username + "\x00" + code)
}
