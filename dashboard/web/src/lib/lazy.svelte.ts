import { SvelteMap } from 'svelte/reactivity';
import type { Component } from 'svelte';

type Page = Component<{ id: string }>;
const loaders = {
  login: () => import('../pages/Login.svelte'),
  help: () => import('../components/HelpDialog.svelte'),
  county: () => import('../components/CountyPanel.svelte'),
  alarms: () => import('../pages/Alarms.svelte'),
  shelved: () => import('../pages/Shelved.svelte'),
  shift: () => import('../pages/Shift.svelte'),
  numbers: () => import('../pages/Numbers.svelte'),
  site: () => import('../pages/SitePage.svelte'),
  cameras: () => import('../pages/Cameras.svelte'),
  buses: () => import('../pages/Buses.svelte'),
  wall: () => import('../pages/Wall.svelte'),
  gate: () => import('../pages/Gate.svelte'),
  history: () => import('../pages/GateHistory.svelte'),
  device: () => import('../pages/DevicePage.svelte'),
  desk: () => import('../pages/GateDesk.svelte'),
  uptime: () => import('../pages/Uptime.svelte'),
  reports: () => import('../pages/Reports.svelte'),
  ops: () => import('../pages/Ops.svelte'),
  inspections: () => import('../pages/Inspections.svelte'),
  notices: () => import('../pages/Notice.svelte'),
  account: () => import('../pages/Account.svelte'),
  hazards: () => import('../pages/Hazards.svelte'),
  camera: () => import('../pages/Camera.svelte'),
  patrol: () => import('../pages/Patrol.svelte'),
  looks: () => import('../pages/Looks.svelte'),
};
export type Lazy = keyof typeof loaders;

/** Pages whose code is here. */
export const lazy = new SvelteMap<Lazy, Page>();

/** Fetches pages one after the other; a failed one is tried again at the next call. */
export async function preload(names: Lazy[] = Object.keys(loaders) as Lazy[]): Promise<void> {
  for (const name of names) {
    if (lazy.has(name)) continue;
    try {
      lazy.set(name, (await loaders[name]()).default as unknown as Page);
    } catch {
      // Offline; the page says that it is loading, and the next connection brings it.
    }
  }
}
