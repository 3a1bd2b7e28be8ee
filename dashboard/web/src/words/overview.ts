// Words of the page that shows how the components and gateways fare, and of the dead letters.
import type { Widen } from '../lib/zh';

const zh = {
  replayed: (n: number, f: number) => `已重放 ${n} 条，失败 ${f} 条`, dead: '死信', gateways: '网关', replayAll: '重放所选', none: '没有死信', select: '选择', time: '时间', topic: '主题',
  adapter: '适配器', reason: '原因', preview: '内容预览', replay: '重放', more: '更多', never: '不会丢弃', rate: '事件速率', events: '事件总数', late: '补传事件', busLag: '总线延迟', clients: '在线页面',
  noGateways: '没有网关上报', name: '名称', state: '状态', depth: '日志队列深度', bytes: '占用', lag: '最慢消费者滞后', loss: '距丢弃', lost: '缺号', seen: '最后上报', raw: '原始状态', components: '组件',
  title: '运维', forbidden: '仅管理员可查看此页。',
  health: { ok: '正常', degraded: '降级', failed: '失败', silent: '失联', starting: '启动中', stopped: '已停止' },
};

const en: Widen<typeof zh> = {
  replayed: (n, f) => `${n} replayed, ${f} failed`, dead: 'Dead letters', gateways: 'Gateways', replayAll: 'Replay selected', none: 'No dead letters', select: 'Select',
  time: 'Time', topic: 'Topic', adapter: 'Adapter', reason: 'Reason', preview: 'Payload', replay: 'Replay', more: 'More', never: 'none expected', rate: 'Event rate',
  events: 'Events', late: 'Late events', busLag: 'Bus lag', clients: 'Pages open', noGateways: 'No gateway has reported', name: 'Name', state: 'State',
  depth: 'Journal depth', bytes: 'Size', lag: 'Slowest consumer lag', loss: 'Time to loss', lost: 'Lost', seen: 'Last seen', raw: 'Raw status', components: 'Components',
  title: 'Operations', forbidden: 'Administrators only.',
  health: { ok: 'OK', degraded: 'Degraded', failed: 'Failed', silent: 'Silent', starting: 'Starting', stopped: 'Stopped' },
};

export const words = { zh, en };
