package hikvision

import "github.com/campusgate/campusgate/gateway/event"

// Major types of AccessControllerEvent.
const (
	majorAlarm     = 1
	majorException = 2
	majorOperation = 3
	majorEvent     = 5
)

// passage is what a minor type of majorEvent says of somebody at the door.
type passage struct{ method, result string }

// passageOf reads the minor types of "event" (appendix C); ok is false for what is no
// passage, such as a door that was locked again.
func passageOf(minor int) (p passage, ok bool) {
	switch minor {
	case 1, 2, 16, 17: // card; card and password; several cards; the leader's card
		return passage{"card", event.ResultGranted}, true
	case 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 35, 36:
		return passage{"card", event.ResultDenied}, true
	case 27: // door opened without a right
		return passage{"manual", event.ResultForced}, true
	case 23, 34, 38, 40, 43, 46, 69, 72, 101, 181: // button, passwords, fingerprints
		return passage{"manual", event.ResultGranted}, true
	case 39, 41, 42, 44, 45, 47, 48, 49, 70, 71, 73, 74, 102, 103, 148, 182:
		return passage{"manual", event.ResultDenied}, true
	case 54, 57, 60, 63, 66, 75, 77, 105: // face, alone or with something else
		return passage{"face", event.ResultGranted}, true
	case 55, 56, 58, 59, 61, 62, 64, 65, 67, 68, 76, 78, 79, 80, 104, 106, 112:
		return passage{"face", event.ResultDenied}, true
	case 156: // QR code
		return passage{"qr", event.ResultGranted}, true
	case 157:
		return passage{"qr", event.ResultDenied}, true
	case 113: // on the block list
		return passage{"", event.ResultDenied}, true
	}
	return passage{}, false
}

// stateOf reads the types that say how the terminal itself is; ok is false for the others.
func stateOf(major, minor int) (status, reason string, ok bool) {
	switch {
	case major == majorAlarm && minor == 1030:
		return event.StatusDegraded, "card reader tampered with", true
	case major == majorException && minor == 1024:
		return event.StatusUp, "power on", true
	case major == majorException && minor == 1025:
		return event.StatusDown, "power off", true
	case major == majorException && minor == 1031:
		return event.StatusUp, "network restored", true
	case major == majorException && minor == 1033:
		return event.StatusDegraded, "card reader offline", true
	case major == majorEvent && minor == 28:
		return event.StatusDegraded, "door open too long", true
	}
	return "", "", false
}

// cameraFault names the event types that mean a fault of a camera or recorder while they
// are active.
func cameraFault(kind string) (reason string, ok bool) {
	switch kind {
	case "videoloss":
		return "video loss", true
	case "shelteralarm", "tamperdetection":
		return "view covered", true
	case "scenechangedetection":
		return "view changed", true
	case "defocus":
		return "out of focus", true
	case "diskfull":
		return "disk full", true
	case "diskerror":
		return "disk error", true
	case "recordingfailure", "recordexception":
		return "recording failed", true
	case "nicbroken":
		return "network broken", true
	case "ipconflict":
		return "address conflict", true
	}
	return "", false
}
