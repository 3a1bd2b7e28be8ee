import { data } from './data.svelte';
import { router } from './router.svelte';
import { session } from './session.svelte';

/** The site of a guard's page: the one of the URL, or the only one that this person has. */
export function guardSite(): string {
  const mine = data.sites.list.length === 1 ? data.sites.list[0]!.site : session.county ? '' : (session.me?.scope[0] ?? '');
  return router.get('site') || mine;
}
