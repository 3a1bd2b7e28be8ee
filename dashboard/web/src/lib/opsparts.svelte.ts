// The pages below /ops: their code, and who may open them. The server refuses what a role
// may not see, whatever stands here.
import { SvelteMap } from 'svelte/reactivity';
import type { Component } from 'svelte';
import type { Role } from './types';

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

/** Operators keep rotas and try rules; all else is the administrator's. */
export function mayOpen(part: Part, role: Role | undefined): boolean {
  return role === 'admin' || (role === 'operator' && (part === 'rules' || part === 'notify'));
}
