// Package channel carries one message to one receiver: a group robot of WeCom, DingTalk or
// Feishu, a mailbox, a webhook, an Alertmanager, or the voice of the page.
//
// Promises:
//   - Send returns nil only when the other side said that it has the message. An error code
//     inside an answer of status 200, which the robots give, is an error.
//   - An error never shows the address or a secret: a robot's address is its password.
//   - A message is cut to what the other side takes, at a whole character, and says so.
//   - Send ends when its context ends. It never tries twice; dashboard/notify does.
package channel
