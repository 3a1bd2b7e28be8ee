// Package media lets people look at cameras: live by WHEP or HLS, and single pictures, from a
// media server that the configuration names (MediaMTX, ZLMediaKit, or another with such
// addresses).
//
//	browser ──look, reason──▶ grant ──▶ WHEP offer, playlists, pictures ──▶ media server
//	        ◀───── pictures: WebRTC straight from the server, all else through here ─────
//
// Nothing is asked of the media server without a grant. A grant is written into the register
// of look-ups before it is given (article 16 of 公共安全视频图像信息系统管理条例: reason, content,
// unit and name of the person), belongs to one session, lives as long as the page keeps it,
// and takes the stream down with it. The page never learns the media server's address or
// credentials.
//
// A patrol is a tour of cameras in turn, with what was found at each.
package media
