// Words of what shows one masked thing for a reason.
import type { Widen } from '../lib/zh';

const zh = {
  show: '显示', of: (masked: string) => `显示 ${masked} 的完整内容`, reason: '查看理由', hint: '理由、您的姓名和时间记入审计。', confirm: '确认查看', cancel: '取消', hide: '隐藏', needReason: '请填写理由', sending: '发送中…',
  offline: '连接中断，无法查看。', shownFor: (s: number) => `${s} 秒后隐藏`,
};

const en: Widen<typeof zh> = {
  show: 'Show', of: (masked) => `Show all of ${masked}`, reason: 'Reason for looking', hint: 'The reason, your name and the time go into the audit.', confirm: 'Look', cancel: 'Cancel', hide: 'Hide', needReason: 'Give a reason', sending: 'Sending…',
  offline: 'Disconnected: it cannot be shown.', shownFor: (s) => `Hidden again in ${s} s`,
};

export const words = { zh, en };
