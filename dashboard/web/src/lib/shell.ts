/** Lets the browser keep the files of this build (sw.js), so that the guards' pages can be
 *  reloaded while the server is out of reach. Without TLS browsers have no such thing. */
export function keepShell(): void {
  if ('serviceWorker' in navigator) navigator.serviceWorker.register('/sw.js').catch(() => {}); // as without it
}
