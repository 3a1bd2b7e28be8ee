// Words that the administrator's pages share.
import type { Widen } from '../lib/zh';

const zh = {
  label: '运维页面',
  nav: { overview: '概况', devices: '设备异常', registry: '登记册', rules: '规则', notify: '通知', accounts: '账户', audit: '审计', config: '配置' },
  sending: '发送中…', sent: '已保存', offline: '连接中断，未送达；恢复后请重新提交。', first: (who: string, at: string) => `已由 ${who} 于 ${at} 修改，请核对后再保存。`, gone: '已被他人删除。',
  save: '保存', cancel: '取消', remove: '删除', close: '关闭', refresh: '刷新', more: '更多', all: '全部', by: (who: string, at: string) => `${who} ${at}`, asOf: (at: string) => `截至 ${at}`, failed: '读取失败', cut: '已截断', cutHint: (n: string, of: string) => `只显示 ${of} 中的前 ${n}；完整内容：campusgate replay --list`, days: '星期',
  week: { mon: '周一', tue: '周二', wed: '周三', thu: '周四', fri: '周五', sat: '周六', sun: '周日' },
};

const en: Widen<typeof zh> = {
  label: 'Pages of operations',
  nav: { overview: 'Overview', devices: 'Devices', registry: 'Registry', rules: 'Rules', notify: 'Notification', accounts: 'Accounts', audit: 'Audit', config: 'Settings' },
  sending: 'Sending…', sent: 'Saved', offline: 'Disconnected: not delivered. Submit again when the connection is back.', first: (who, at) => `Changed by ${who} at ${at}. Look again before you save.`, gone: 'Somebody has removed it.',
  save: 'Save', cancel: 'Cancel', remove: 'Remove', close: 'Close', refresh: 'Refresh', more: 'More', all: 'All', by: (who, at) => `${who} ${at}`, asOf: (at) => `As of ${at}`, failed: 'Could not be read', cut: 'cut', cutHint: (n, of) => `Shows ${n} of ${of}; campusgate replay --list shows all`, days: 'Weekdays',
  week: { mon: 'Mon', tue: 'Tue', wed: 'Wed', thu: 'Thu', fri: 'Fri', sat: 'Sat', sun: 'Sun' },
};

export const words = { zh, en };
