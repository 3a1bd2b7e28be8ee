// The pages below /ops: their code, and who may open them. The server refuses what a role
// may not see, whatever stands here.
import { SvelteMap } from 'svelte/reactivity';
import type { Component } from 'svelte';
import { session } from './session.svelte';

const loaders = {
  overview: () => import('../pages/ops/Overview.svelte'),
  devices: () => import('../pages/ops/Devices.svelte'),
  registry: () => import('../pages/ops/Registry.svelte'),
  rules: () => import('../pages/ops/Rules.svelte'),
  notify: () => import('../pages/ops/Notify.svelte'),
  accounts: () => import('../pages/ops/Accounts.svelte'),
  audit: () => import('../pages/ops/Audit.svelte'),
  config: () => import('../pages/ops/Config.svelte'),
};
export type Part = keyof typeof loaders;

/** Pages whose code is here. */
export const parts = new SvelteMap<Part, Component>();

export async function preloadParts(names: Part[] = Object.keys(loaders) as Part[]): Promise<void> {
  for (const name of names) {
    if (parts.has(name)) continue;
    try {
      parts.set(name, (await loaders[name]()).default as Component);
    } catch {
      // Offline; the next visit tries again.
    }
  }
}

/** What each page asks the server for first. */
const needs: Record<Part, string> = {
  overview: 'gateways.admin', devices: 'registry.admin', registry: 'registry.admin', rules: 'rules.desk', notify: 'notify.desk', accounts: 'accounts.admin', audit: 'audit.admin', config: 'config.admin',
};
export const mayOpen = (part: Part): boolean => session.may(needs[part]);
