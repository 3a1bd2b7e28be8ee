// Settings as the server shows them: YAML of plain maps and lists.

export interface ConfigLine {
  text: string;
  /** "dashboard.http.addr"; of an item of a list its list's. */
  path: string;
  value: string;
}

export function configLines(text: string): ConfigLine[] {
  const open: { indent: number; key: string }[] = [];
  return text.replace(/\n$/, '').split('\n').filter((l) => l !== '').map((line) => {
    const m = /^(\s*(?:- )*)([A-Za-z0-9_]+):(?: (.*)|)$/.exec(line);
    const indent = m ? m[1]!.length : line.search(/\S/) + 1; // an item stands below its list, dash or not
    while (open.length > 0 && open.at(-1)!.indent >= indent) open.pop();
    const path = [...open.map((o) => o.key), ...(m ? [m[2]!] : [])].join('.');
    if (m) open.push({ indent, key: m[2]! });
    return { text: line, path, value: m ? (m[3] ?? '') : line.trim() };
  });
}

/** How long things are kept: every setting that is an age. */
export function ages(lines: ConfigLine[]): { path: string; value: string }[] {
  return lines.filter((l) => /(retention|max_age)[a-z_]*$/.test(l.path) && l.value !== '' && !l.path.endsWith('alarm_retention'))
    .map((l) => ({ path: l.path, value: l.value.replace(/^(\d+)h0m0s$/, (_, h: string) => (Number(h) % 24 === 0 ? `${Number(h) / 24} d` : `${h} h`)) }));
}
