// Words of the map and of what stands beside it.
import type { Widen } from '../lib/zh';

const zh = {
  title: '地图', label: (n: number) => `全县地图，${n} 个单位。方向键平移，加减号缩放；“学校与单位”列表里有相同的单位`, zoomIn: '放大', zoomOut: '缩小', whole: '显示全部', sketch: '简图', sketchHint: '此设备没有 WebGL2，显示简图',
  loading: '地图载入中，先显示简图', derived: '范围由单位位置推算', noPlace: (n: number) => `${n} 个单位没有坐标，只在列表中`, legend: '图例', calm: '无告警', several: '多个单位', wall: '大屏', close: '关闭',
  open: '打开单位页', alarms: (n: number) => `${n} 条未结束告警`, none: '没有未结束的告警', more: (n: number) => `另有 ${n} 条`, baseFailed: '底图无法读取', gate: '门禁记录', uptime: '在线率', inspections: '巡查', show: '在地图上显示', where: '位置', noPosition: '未登记坐标', age: (s: string) => `${s}前`, near: '就近摄像头', noCameras: '没有摄像头', moreCameras: (n: number) => `另有 ${n} 个摄像头`, neighbours: '邻近单位', km: (n: string) => `${n} 千米`, noContacts: '没有可显示的联系人', today: '今日', asOf: (s: string) => `截至 ${s}前`,
};

const en: Widen<typeof zh> = {
  title: 'Map', label: (n) => `Map of the county, ${n} sites. Arrow keys move, plus and minus zoom; the list of sites has the same ones`, zoomIn: 'Zoom in', zoomOut: 'Zoom out', whole: 'Show all', sketch: 'Sketch', sketchHint: 'No WebGL2 on this device: a sketch is shown',
  loading: 'The map is loading; a sketch until then', derived: 'Outlines drawn from the sites', noPlace: (n) => `${n} sites have no position: see the list`, legend: 'Legend', calm: 'No alarm', several: 'Several sites', wall: 'Video wall', close: 'Close',
  open: 'Open the site', alarms: (n) => (n === 1 ? '1 open alarm' : `${n} open alarms`), none: 'No open alarm', more: (n) => `${n} more`, baseFailed: 'The base map cannot be read', gate: 'Gate log', uptime: 'Availability', inspections: 'Inspections', show: 'Show on the map', where: 'Place', noPosition: 'No position registered', age: (s) => `${s} ago`, near: 'Cameras at hand', noCameras: 'No camera', moreCameras: (n) => (n === 1 ? '1 more camera' : `${n} more cameras`), neighbours: 'Sites nearby', km: (n) => `${n} km`, noContacts: 'No contact to show', today: 'Today', asOf: (s) => `as of ${s} ago`,
};

export const words = { zh, en };
