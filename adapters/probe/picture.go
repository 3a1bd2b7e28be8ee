package probe

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/bmp"
)

// maxPicture bounds a snapshot in bytes.
const maxPicture = 8 << 20

var (
	errNoPicture = errors.New("neither JPEG, PNG nor BMP")
	errDamaged   = errors.New("the picture is damaged")
)

// format tells a picture by its first bytes: what a camera says of its type is often wrong.
type format struct {
	magic  string
	config func(*bytes.Reader) (image.Config, error)
	decode func(*bytes.Reader) (image.Image, error)
}

func formats() []format {
	return []format{
		{
			"\xff\xd8\xff", func(r *bytes.Reader) (image.Config, error) { return jpeg.DecodeConfig(r) },
			func(r *bytes.Reader) (image.Image, error) { return jpeg.Decode(r) },
		},
		{
			"\x89PNG\r\n\x1a\n", func(r *bytes.Reader) (image.Config, error) { return png.DecodeConfig(r) },
			func(r *bytes.Reader) (image.Image, error) { return png.Decode(r) },
		},
		{
			"BM", func(r *bytes.Reader) (image.Config, error) { return bmp.DecodeConfig(r) },
			func(r *bytes.Reader) (image.Image, error) { return bmp.Decode(r) },
		},
	}
}

// decodePicture decodes a snapshot of at most maxPixels. What it says of its size is looked
// at before anything is made of that size. Decoders' own words are not passed on.
func decodePicture(content []byte, maxPixels int) (image.Image, error) {
	for _, f := range formats() {
		if !bytes.HasPrefix(content, []byte(f.magic)) {
			continue
		}
		c, err := f.config(bytes.NewReader(content))
		if err != nil || c.Width < 1 || c.Height < 1 {
			return nil, errDamaged
		}
		if c.Width > maxPixels || c.Height > maxPixels || c.Width*c.Height > maxPixels {
			return nil, fmt.Errorf("too large: %d × %d pixels", c.Width, c.Height)
		}
		img, err := f.decode(bytes.NewReader(content))
		if err != nil {
			return nil, errDamaged
		}
		return img, nil
	}
	return nil, errNoPicture
}
