// Package jt808 speaks JT/T 808, by which the terminals of school buses report (道路运输车辆
// 卫星定位系统 终端通讯协议), of 2011, 2013 and 2019, over TCP and UDP.
//
//	bytes ─▶ Scanner ─▶ ParseMessage ─▶ Listener: answers, parts, sessions
//	                                       └▶ Deliver ─▶ Decoder ─▶ events
//
// Scanner cuts a stream into frames, ParseMessage and AppendMessage read and write one
// (2013 clause 4.4, 2019 clause 4.4). Header layouts are told apart by the declared length:
// some terminals set the flag of 2019 over the header of 2013.
//
// Decoder is the pure adapter "jt808". A message is one whole frame, as it came or written
// anew from its parts. It yields, always of kind bus and by the device's name or
// "jt808-" and the phone number:
//
//   - vehicle_position of 0x0200, 0x0201 and each item of 0x0704. Type 1 of a batch, sent
//     after a time without connection, is backfill. The emergency bit is SOS; all alarms
//     stand in alarm_bits as sent. The id depends on the position alone: one that comes
//     again, live or in a batch, is the same event.
//   - device_status: degraded with every position that carries a fault of the terminal
//     (alarm bits 4 to 12 and 24), up with 0x0002 (heartbeat) and 0x0102, down with 0x0003;
//     of 0x0702 that a driver goes on or off duty, under a pseudonym; of 0x0104 how often
//     the terminal reports.
//
// What is no measurement is not passed on as one:
//
//   - Without the fix bit, with coordinates that are encrypted, off the globe or 0, 0, or
//     with more than 220 km/h the report stands without a fix; in all but the first and
//     last case also without coordinates. A speed above 220 km/h is replaced by that of the
//     driving recorder (item 0x03), else by 0.
//   - A time that is no date, or before 2011, is replaced by that of receipt.
//   - Doors are open by status bits 13 to 17, closed when bit 12 says locked, else unknown:
//     where there is no contact on the doors their bits are 0 as well.
//   - Additional items that overrun the body are lost, the fixed 28 bytes are not. In a
//     batch the items that can be read are kept; it is refused when none can.
//   - Serial numbers are no sequence of events: they count answers too, and wrap.
//
// Names, certificates and identity numbers of drivers go no further than ParseDriver.
// Encrypted bodies and single parts of longer messages are refused; messages that say
// nothing we record give nothing.
//
// Listener is the platform that terminals connect to:
//
//	listeners:
//	  jt808: {enabled: true, listen_tcp: "0.0.0.0:6808", auth_secret_file: jt808.secret}
//
// The registry names a terminal by its phone number, with or without leading zeros:
// addresses: ["jt808:13800138000"]; one that it does not know reports under the county and
// can be adopted. Every message is answered once it is durable, never before, so that a
// terminal repeats what was not stored. It is answered with 0x8100 (0x0100), 0x8004 (0x0004)
// or 0x8001: result 1 before it has authenticated, 2 for a body that is too short, 3 for what
// is not read, 4 for a position that still carries an alarm that an operator has
// acknowledged; that is also told at once by 0x8203. Messages in packets are put together,
// missing packets asked for by 0x8003, and answered when the message is durable; a packet
// that is repeated before is answered at once, for terminals that wait for each answer. A
// second connection of a terminal replaces the first. A terminal that says nothing for
// idle_timeout, or does not come back in reconnect_grace, is reported down.
//
// Sources: JT/T 808-2011, -2013 and -2019: clause 4 (frame), 5 to 7 (connection), 8 (bodies;
// 0x0200 is clause 8.18 and table 23 of 2013), annex B of 2013 (message ids).
package jt808
