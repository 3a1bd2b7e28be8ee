package jt808

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Message ids (2013 annex B; 2019 has a few more). Those below 0x8000 come from terminals,
// the others from the platform.
const (
	IDTerminalAnswer   = 0x0001 // 终端通用应答 general answer of the terminal
	IDHeartbeat        = 0x0002 // 终端心跳 heartbeat, no body
	IDLogout           = 0x0003 // 终端注销 logout, no body
	IDTimeQuery        = 0x0004 // 查询服务器时间请求 query of the server's time (2019)
	IDFragmentQuery    = 0x0005 // 终端补传分包请求 parts the terminal misses (2019)
	IDRegister         = 0x0100 // 终端注册 registration
	IDAuthenticate     = 0x0102 // 终端鉴权 authentication
	IDParametersAnswer = 0x0104 // 查询终端参数应答 parameters of the terminal
	IDAttributes       = 0x0107 // 查询终端属性应答 attributes of the terminal
	IDPosition         = 0x0200 // 位置信息汇报 position
	IDPositionAnswer   = 0x0201 // 位置信息查询应答 position, asked for
	IDDriver           = 0x0702 // 驾驶员身份信息采集上报 driver's card
	IDPositionBatch    = 0x0704 // 定位数据批量上传 positions in a batch (from 2013)

	IDPlatformAnswer  = 0x8001 // 平台通用应答 general answer of the platform
	IDFragmentRequest = 0x8003 // 服务器补传分包请求 parts the platform misses
	IDTimeAnswer      = 0x8004 // 查询服务器时间应答 the server's time, UTC (2019)
	IDRegisterAnswer  = 0x8100 // 终端注册应答 answer to a registration
	IDSetParameters   = 0x8103 // 设置终端参数 set parameters
	IDQueryParameters = 0x8104 // 查询终端参数 query all parameters, no body
	IDQueryPosition   = 0x8201 // 位置信息查询 query of the position, no body
	IDConfirmAlarm    = 0x8203 // 人工确认报警消息 an operator confirms alarms
	IDText            = 0x8300 // 文本信息下发 text for the driver
	IDQueryDriver     = 0x8702 // 上报驾驶员身份信息请求 query of the driver's card, no body
)

// MaxBody is the longest body of one frame in bytes: its length has ten bits.
const MaxBody = 1<<10 - 1

// Bits of the header's attributes (clause 4.4.3).
const (
	attrLength   = MaxBody
	attrEncrypt  = 7 << 10
	attrFragment = 1 << 13
	attrVersion  = 1 << 14
)

// Sizes of the two headers in bytes, and of what a part of a fragmented message adds.
const (
	headerOld    = 12 // 2011 and 2013: id, attributes, phone BCD[6], serial
	header2019   = 17 // id, attributes, version, phone BCD[10], serial
	fragmentSize = 4  // total, index
)

// Header is a message's header (2013 table 2, 2019 table 2).
type Header struct {
	ID uint16
	// Version2019 says that the header has the layout of 2019, with a phone number of 20
	// digits. It follows the layout, not the flag that some terminals set without reason.
	Version2019     bool
	ProtocolVersion uint8 // 2019: 1, and more after later changes; else 0
	Encrypt         uint8 // 0 plain, 1 RSA, 2 to 7 reserved
	Fragment        bool  // one part of a longer message
	Total, Index    uint16
	// Phone is the terminal's phone number without leading zeros, "0" when all are zero.
	// Digits above 9, which a few makers use, are a to f.
	Phone string
	// RawPhone holds the number as it came, in its first PhoneBytes bytes (6 or 10).
	RawPhone   [10]byte
	PhoneBytes uint8
	Serial     uint16
	// Length is the body's length by the header, 0 to 1023 bytes.
	Length int
}

// Answer is the header of an answer to a message with this header: its layout and number,
// with the id and the serial number of the platform.
func (h Header) Answer(id, serial uint16) Header {
	return Header{
		ID: id, Serial: serial,
		Version2019: h.Version2019, ProtocolVersion: h.ProtocolVersion,
		Phone: h.Phone, RawPhone: h.RawPhone, PhoneBytes: h.PhoneBytes,
	}
}

var (
	errShort  = errors.New("the frame is too short for a header")
	errLength = errors.New("the declared body length")
)

// parseHeader reads the header of a message without its checksum, all but Phone. The layout
// is the one by which the declared length is the body's; exact is false when that is none,
// and then the flag of the version decides. Bodies above MaxBody bytes exist only where
// parts were put together: they declare the ten lowest bits of their length.
func parseHeader(msg []byte) (h Header, body []byte, exact bool, err error) {
	if len(msg) < headerOld {
		return h, nil, false, errShort
	}
	attr := binary.BigEndian.Uint16(msg[2:])
	flag := attr&attrVersion != 0
	extra := 0
	if attr&attrFragment != 0 {
		extra = fragmentSize
	}
	fits := func(size int) bool {
		n := len(msg) - size - extra
		return n >= 0 && n&attrLength == int(attr&attrLength) && (extra == 0 || n <= MaxBody)
	}
	layout := flag
	exact = fits(sizeOf(layout))
	if !exact && fits(sizeOf(!layout)) {
		layout, exact = !layout, true
	}
	size := sizeOf(layout)
	if len(msg) < size+extra {
		return h, nil, false, errShort
	}
	h.ID = binary.BigEndian.Uint16(msg)
	h.Encrypt = uint8(attr & attrEncrypt >> 10)
	h.Length = int(attr & attrLength)
	at := 4
	h.PhoneBytes = 6
	if layout {
		h.Version2019, h.ProtocolVersion, h.PhoneBytes = true, msg[at], 10
		at++
	}
	at += copy(h.RawPhone[:h.PhoneBytes], msg[at:])
	h.Serial = binary.BigEndian.Uint16(msg[at:])
	if extra > 0 {
		h.Fragment = true
		h.Total, h.Index = binary.BigEndian.Uint16(msg[size:]), binary.BigEndian.Uint16(msg[size+2:])
	}
	return h, msg[size+extra:], exact, nil
}

func sizeOf(version2019 bool) int {
	if version2019 {
		return header2019
	}
	return headerOld
}

// appendHeader writes the header of a body of n bytes.
func appendHeader(dst []byte, h Header, n int) []byte {
	attr := uint16(n&attrLength) | uint16(h.Encrypt&7)<<10
	if h.Fragment {
		attr |= attrFragment
	}
	if h.Version2019 {
		attr |= attrVersion
	}
	dst = binary.BigEndian.AppendUint16(dst, h.ID)
	dst = binary.BigEndian.AppendUint16(dst, attr)
	width := 6
	if h.Version2019 {
		dst = append(dst, h.ProtocolVersion)
		width = 10
	}
	phone := h.RawPhone
	if int(h.PhoneBytes) != width {
		phone = packPhone(h.Phone, width)
	}
	dst = append(dst, phone[:width]...)
	dst = binary.BigEndian.AppendUint16(dst, h.Serial)
	if h.Fragment {
		dst = binary.BigEndian.AppendUint16(dst, h.Total)
		dst = binary.BigEndian.AppendUint16(dst, h.Index)
	}
	return dst
}

// phoneText writes a number without its leading zeros.
func phoneText(raw []byte) string {
	const digits = "0123456789abcdef"
	var room [20]byte
	b := room[:0]
	for _, c := range raw {
		for _, d := range [2]byte{c >> 4, c & 15} {
			if d != 0 || len(b) > 0 {
				b = append(b, digits[d])
			}
		}
	}
	if len(b) == 0 {
		return "0"
	}
	return string(b)
}

// packPhone is the inverse: the last digits of s, with zeros before them.
func packPhone(s string, width int) (raw [10]byte) {
	for i, at := len(s)-1, 2*width-1; i >= 0 && at >= 0; i, at = i-1, at-1 {
		d := s[i]
		switch {
		case d >= '0' && d <= '9':
			d -= '0'
		case d >= 'a' && d <= 'f':
			d -= 'a' - 10
		default:
			d = 0
		}
		if at%2 == 0 {
			d <<= 4
		}
		raw[at/2] |= d
	}
	return raw
}

// lengthError says how the body's length differs.
func lengthError(h Header, body []byte) error {
	return fmt.Errorf("%w is %d bytes, the frame carries %d", errLength, h.Length, len(body))
}
