package report

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/klauspost/compress/zstd"
)

// maxInputs bounds the inputs of a bundle when unpacked, in bytes.
const maxInputs = 64 << 20

// Seal says what belongs together. It is what is signed, as JSON with the fields in this order.
type Seal struct {
	Report    string    `json:"report"` // "campusgate monthly report"
	Month     string    `json:"month"`
	Rev       int64     `json:"rev"`
	At        time.Time `json:"at"`
	By        string    `json:"by"`
	Rendering int       `json:"rendering"`
	Inputs    string    `json:"inputs"` // SHA-256 of the canonical JSON, hex
	CSV       string    `json:"csv"`
	XLSX      string    `json:"xlsx"`
}

const sealed = "campusgate monthly report"

// Bundle is the file to keep and to verify.
type Bundle struct {
	Seal      Seal   `json:"seal"`
	Key       []byte `json:"key,omitempty"`       // public, Ed25519
	Signature []byte `json:"signature,omitempty"` // of the seal
	Inputs    []byte `json:"inputs"`              // zstd
}

// Files are what a report is handed out as.
type Files struct{ CSV, XLSX []byte }

// Render makes the files of a report.
func Render(r *Monthly) (Files, error) {
	tables := sheets(r)
	text, err := renderCSV(tables)
	if err != nil {
		return Files{}, err
	}
	book, err := Workbook(tables)
	return Files{text, book}, err
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// seal freezes inputs as a revision of the month's report; key may be nil.
func seal(in *Inputs, rev int64, key ed25519.PrivateKey) (*Bundle, Files, error) {
	text, err := in.canonical()
	if err != nil {
		return nil, Files{}, err
	}
	// What was read back is what will be computed from, now and later.
	again, err := readInputs(text)
	if err != nil {
		return nil, Files{}, err
	}
	files, err := Render(Compose(again))
	if err != nil {
		return nil, Files{}, err
	}
	b := &Bundle{Seal: Seal{sealed, in.Month, rev, in.At, in.By, rendering, digest(text), digest(files.CSV), digest(files.XLSX)}}
	w, err := zstd.NewWriter(nil)
	if err != nil {
		return nil, Files{}, err
	}
	defer w.Close()
	b.Inputs = w.EncodeAll(text, nil)
	if key != nil {
		signed, err := json.Marshal(b.Seal)
		if err != nil {
			return nil, Files{}, err
		}
		b.Key, b.Signature = key.Public().(ed25519.PublicKey), ed25519.Sign(key, signed)
	}
	return b, files, nil
}

// Open unpacks the inputs and holds them against the seal.
func (b *Bundle) Open() (*Inputs, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxInputs))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := r.DecodeAll(b.Inputs, nil)
	if err != nil {
		return nil, fmt.Errorf("the inputs cannot be unpacked: %w", err)
	}
	if digest(text) != b.Seal.Inputs {
		return nil, errors.New("the inputs are not those of the seal: they were changed")
	}
	return readInputs(text)
}

// Verdict is what Verify found.
type Verdict struct {
	Seal   Seal
	Signed bool
	Key    string // SHA-256 of the public key, hex; empty where unsigned
	Files  bool   // the files were made again, and are the same
}

// Verify holds a bundle against itself, and against a public key (PEM, PKIX) where one is
// given. The error says what is wrong.
func Verify(text, publicKey []byte) (Verdict, error) {
	var b Bundle
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		return Verdict{}, fmt.Errorf("no report that this program can read: %w", err)
	}
	v := Verdict{Seal: b.Seal, Signed: len(b.Signature) > 0}
	if b.Seal.Report != sealed {
		return v, errors.New("no seal of a monthly report")
	}
	if err := b.signature(publicKey); err != nil {
		return v, err
	}
	if v.Signed {
		v.Key = digest(b.Key)
	}
	in, err := b.Open()
	if err != nil {
		return v, err
	}
	if in.Month != b.Seal.Month || !in.At.Equal(b.Seal.At) || in.By != b.Seal.By {
		return v, errors.New("the inputs are of another report than the seal")
	}
	if b.Seal.Rendering != rendering {
		return v, nil // the files are of another version of the program
	}
	files, err := Render(Compose(in))
	if err != nil {
		return v, err
	}
	if digest(files.CSV) != b.Seal.CSV || digest(files.XLSX) != b.Seal.XLSX {
		return v, errors.New("the files made from the inputs are not those of the seal")
	}
	v.Files = true
	return v, nil
}

func (b *Bundle) signature(publicKey []byte) error {
	var want ed25519.PublicKey
	if publicKey != nil {
		block, _ := pem.Decode(publicKey)
		if block == nil {
			return errors.New("the public key is no PEM file")
		}
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return fmt.Errorf("the public key cannot be read: %w", err)
		}
		var ok bool
		if want, ok = key.(ed25519.PublicKey); !ok {
			return errors.New("the public key is not of Ed25519")
		}
	}
	if len(b.Signature) == 0 {
		if want != nil {
			return errors.New("the report is not signed")
		}
		return nil
	}
	if len(b.Key) != ed25519.PublicKeySize {
		return errors.New("the report's public key is none of Ed25519")
	}
	if want != nil && !want.Equal(ed25519.PublicKey(b.Key)) {
		return errors.New("the report is signed with another key")
	}
	signed, err := json.Marshal(b.Seal)
	if err != nil {
		return err
	}
	if !ed25519.Verify(b.Key, signed, b.Signature) {
		return errors.New("the signature is not of this seal: one of them was changed")
	}
	return nil
}

// ReadKey reads a private key of Ed25519: PEM, PKCS #8, as "openssl genpkey -algorithm ed25519"
// writes it.
func ReadKey(path string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s: want a private key of Ed25519 (PEM, PKCS #8)", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if private, ok := key.(ed25519.PrivateKey); err == nil && ok {
		return private, nil
	}
	return nil, fmt.Errorf("%s: want a private key of Ed25519 (PEM, PKCS #8)", path)
}
