/** The tab's picture: a shield, the number of ringing alarms, or "?" when data is stale. */
export function favicon(state: 'calm' | 'alarm' | 'lost', count = 0): string {
  const colour = { calm: '#2f7fc4', alarm: '#c62a31', lost: '#6b7785' }[state];
  const sign = state === 'lost' ? '?' : state === 'alarm' ? (count > 9 ? '9+' : String(count)) : '';
  const text = sign
    ? `<text x="16" y="23" font-family="sans-serif" font-size="${sign.length > 1 ? 15 : 20}" font-weight="700" fill="#fff" text-anchor="middle">${sign}</text>`
    : '<path d="m10 16 4.5 4.5 8-8.5" fill="none" stroke="#fff" stroke-width="3"/>';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M16 1 3 6v10c0 8 5.5 13 13 15 7.5-2 13-7 13-15V6z" fill="${colour}"/>${text}</svg>`;
  return 'data:image/svg+xml,' + encodeURIComponent(svg);
}
