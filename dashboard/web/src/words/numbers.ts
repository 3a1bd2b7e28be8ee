// Words of the numbers of the alarm system itself.
import type { Widen } from '../lib/zh';

const zh = {
  title: '告警系统指标', range: '时段', today: '今天', day1: '24 小时', day7: '7 天', day30: '30 天', site: '单位', refresh: '刷新', asOf: (t: string) => `截至 ${t}`, stale: '连接中断，以下为旧数据',
  operators: (n: number) => `按 ${n} 名值班员计`, targets: '对照标准', targetsHint: 'ISA-18.2-2016 第 16 章、EEMUA 191 第三版', key: '指标', value: '实测', target: '目标', result: '结果', met: '达标', missed: '未达标', source: '依据',
  keys: {
    per_operator_10m: '每人每 10 分钟告警数', peak_10m: '10 分钟峰值（每人）', flood_pct: '洪泛时间占比', stale: '持续超过 24 小时', chattering: '频繁告警源', top_pct: '前十告警源占比',
    high_pct: '高优先级占比', medium_pct: '中优先级占比', low_pct: '低优先级占比',
  },
  atMost: (v: string) => `≤ ${v}`, atLeast: (v: string) => `≥ ${v}`, raised: '新告警', late: '补传', standing: '持续中', staleNow: '超过 24 小时', shelved: '已搁置', oos: '停用', suppressedNow: '已抑制', now: '当前',
  priorities: '优先级分布', high: '高', medium: '中', low: '低', targetPct: (p: string) => `目标 ${p}`, actual: '实测',
  acknowledge: '确认用时', resolve: '处置用时', p50: '中位', p90: '90 %', p99: '99 %', max: '最长', n: '条数', none: '该时段没有数据',
  top: '前十告警源', chattering: '频繁告警源', floods: '洪泛时段', peak: (n: number) => `峰值 ${n} 条/10 分钟`, noFlood: '该时段没有洪泛', share: '占比', wholeSite: '全站', chart: '图', flooded: (a: string, b: string) => `${a} 至 ${b}`,
  seconds: (n: string) => `${n} 秒`, minutes: (n: string) => `${n} 分`, hours: (n: string) => `${n} 小时`,
};

const en: Widen<typeof zh> = {
  title: 'Numbers of the alarm system', range: 'Time', today: 'Today', day1: '24 hours', day7: '7 days', day30: '30 days', site: 'Site', refresh: 'Refresh', asOf: (t) => `As of ${t}`, stale: 'Disconnected: these are old numbers',
  operators: (n) => `For ${n} on duty`, targets: 'Against the standards', targetsHint: 'ISA-18.2-2016, clause 16; EEMUA 191, 3rd edition', key: 'Number', value: 'Measured', target: 'Target', result: 'Result', met: 'met', missed: 'missed', source: 'Source',
  keys: {
    per_operator_10m: 'Alarms a person in 10 minutes', peak_10m: 'Peak in 10 minutes, a person', flood_pct: 'Share of time in flood', stale: 'Standing over 24 hours', chattering: 'Chattering sources', top_pct: 'Share of the top ten sources',
    high_pct: 'Share of high priority', medium_pct: 'Share of medium priority', low_pct: 'Share of low priority',
  },
  atMost: (v) => `≤ ${v}`, atLeast: (v) => `≥ ${v}`, raised: 'New alarms', late: 'Late', standing: 'Standing', staleNow: 'Over 24 hours', shelved: 'Shelved', oos: 'Out of service', suppressedNow: 'Suppressed', now: 'Now',
  priorities: 'Priorities', high: 'High', medium: 'Medium', low: 'Low', targetPct: (p) => `target ${p}`, actual: 'measured',
  acknowledge: 'Time to acknowledge', resolve: 'Time to resolve', p50: 'Median', p90: '90 %', p99: '99 %', max: 'Longest', n: 'Alarms', none: 'Nothing in this time',
  top: 'Top ten sources', chattering: 'Chattering sources', floods: 'Floods', peak: (n) => `peak ${n} in 10 minutes`, noFlood: 'No flood in this time', share: 'Share', wholeSite: 'Whole site', chart: 'Chart', flooded: (a, b) => `${a} to ${b}`,
  seconds: (n) => `${n} s`, minutes: (n) => `${n} min`, hours: (n) => `${n} h`,
};

export const words = { zh, en };
