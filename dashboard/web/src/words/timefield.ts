// Words of the field for days and times.
import type { Widen } from '../lib/zh';

const zh = { want: { datetime: '格式：2026-11-24 08:30', date: '格式：2026-11-24', time: '格式：08:30' }, now: '现在' };
const en: Widen<typeof zh> = { want: { datetime: 'Write it as 2026-11-24 08:30', date: 'Write it as 2026-11-24', time: 'Write it as 08:30' }, now: 'Now' };

export const words = { zh, en };
