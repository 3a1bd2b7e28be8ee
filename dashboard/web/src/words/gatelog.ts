// Words of the gate log.
import type { Widen } from '../lib/zh';

const zh = {
  title: '门禁记录', from: '起', to: '止', person: '人员类型', direction: '方向', result: '结果', text: '查找', device: '设备', method: '方式', temp: '体温',
  site: '单位', time: '时间', who: '人员', extra: '登记/批准', more: '加载更多', none: '没有符合条件的记录', apply: '查询', reset: '重置', live: '实时追加', fixed: '已限定截止时间，不追加实时记录',
  loaded: (n: number) => `已加载 ${n} 条`, end: '没有更多记录', items: '物品已检查', itemsNo: '物品未检查', escort: (s: string) => `陪同 ${s}`, guardian: (s: string) => `监护人 ${s}`,
  teacher: (s: string) => `班主任 ${s}`, reg: (s: string) => `登记 ${s}`, unregistered: '未登记', late: '补传', failed: '查询失败', waiting: (n: number) => `${n} 条新记录`,};

const en: Widen<typeof zh> = {
  title: 'Gate log', from: 'From', to: 'To', person: 'Person', direction: 'Direction', result: 'Result', text: 'Search', device: 'Device', method: 'Method', temp: 'Temp.',
  site: 'Site', time: 'Time', who: 'Person', extra: 'Registration / approval', more: 'Load more', none: 'No record matches', apply: 'Search', reset: 'Reset', live: 'Live', fixed: 'An end is set: no live records are added',
  loaded: (n) => `${n} loaded`, end: 'No more records', items: 'items checked', itemsNo: 'items unchecked', escort: (s) => `escort ${s}`, guardian: (s) => `guardian ${s}`,
  teacher: (s) => `teacher ${s}`, reg: (s) => `reg. ${s}`, unregistered: 'unregistered', late: 'late', failed: 'Query failed', waiting: (n) => `${n} new`,};

export const words = { zh, en };
