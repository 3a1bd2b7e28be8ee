// Words of the help on the keyboard.
import type { Widen } from '../lib/zh';

const zh = {
  title: '键盘快捷键', next: '下一条', prev: '上一条', open: '打开', ack: '确认所选告警', shelve: '搁置所选告警', evidence: '附加证据', mine: '指派给我', search: '跳到筛选框', close: '关闭/返回', help: '显示本帮助',
  pause: '暂停/继续动态', go: (n: number) => `按 1–${n} 切换页面`, list: '列表首/尾、翻页', fold: '展开/收起同源告警',
};

const en: Widen<typeof zh> = {
  title: 'Keyboard shortcuts', next: 'Next row', prev: 'Previous row', open: 'Open', ack: 'Acknowledge the selected alarm', shelve: 'Shelve the selected alarm',
  evidence: 'Attach evidence', mine: 'Assign to me', search: 'Go to the filter', close: 'Close / back', help: 'Show this help', pause: 'Pause or resume the feed',
  go: (n) => `1–${n} switch pages`, list: 'First / last row, page', fold: 'Expand or collapse a fold',
};

export const words = { zh, en };
