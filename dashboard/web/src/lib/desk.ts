// What may be done about an alarm by whom, and what an action asks for.
import { needsAck } from './alarms';
import { session } from './session.svelte';
import type { Alarm } from './types';

export const deskActions = [
  'ack', 'close', 'shelve', 'unshelve', 'confirm', 'false-alarm', 'need-help', 'assign', 'comment', 'attach', 'position', 'out-of-service', 'in-service',
] as const;
export type DeskAction = (typeof deskActions)[number];

/** Which actions need a note, may have one, or are done by their button alone. */
export const noteOf: Record<DeskAction, 'needed' | 'maybe' | 'none'> = {
  ack: 'none', close: 'needed', shelve: 'needed', unshelve: 'none', confirm: 'maybe', 'false-alarm': 'needed', 'need-help': 'maybe', assign: 'maybe',
  comment: 'needed', attach: 'maybe', position: 'maybe', 'out-of-service': 'needed', 'in-service': 'none',
};

/** The actions that an alarm's state and our permissions allow, as the server's table has them. */
export function available(a: Alarm): DeskAction[] {
  const work = session.canAck;
  const desk = session.canShelve;
  const shown = a.state === 'unack' || a.state === 'acked' || a.state === 'rtn_unack';
  const may: Record<DeskAction, boolean> = {
    ack: work && needsAck(a),
    close: work && (a.state === 'acked' || a.state === 'rtn_unack'),
    shelve: desk && shown,
    unshelve: desk && a.state === 'shelved',
    confirm: work && a.verdict !== 'confirmed',
    'false-alarm': work && a.verdict !== 'false_alarm',
    'need-help': work && a.verdict !== 'need_help',
    assign: desk && a.state !== 'normal',
    comment: work,
    attach: work,
    position: work,
    'out-of-service': desk && (shown || a.state === 'shelved' || a.state === 'suppressed'),
    'in-service': desk && a.state === 'oos',
  };
  return deskActions.filter((x) => may[x]);
}

export const MAX_PICTURE = 5 * 1024 * 1024;
export const pictureTypes = ['image/jpeg', 'image/png', 'image/webp'];

/** The picture as it may be sent: as it is, or scaled down where it is too large; null when that fails. */
export async function fitting(file: File): Promise<Blob | null> {
  if (file.size <= MAX_PICTURE) return file;
  try {
    const picture = await createImageBitmap(file);
    for (const longest of [2560, 1920, 1280]) {
      const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
      const canvas = document.createElement('canvas');
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.85));
      if (blob && blob.size <= MAX_PICTURE) return blob;
    }
  } catch {
    // Not a picture, whatever its name says.
  }
  return null;
}

/** Degrees as typed, NaN when they are none or out of range. */
export function degrees(text: string, most: number): number {
  const n = text.trim() === '' ? NaN : Number(text);
  return Math.abs(n) <= most ? n : NaN;
}
