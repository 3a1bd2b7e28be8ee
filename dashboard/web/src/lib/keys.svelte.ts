// Keyboard control. Letters never act while somebody types: not in a field, not while an
// input method composes (then `a` is a letter of pinyin, not an acknowledgement).

export interface ListControl {
  move(by: number): void;
  open(): void;
  ack?(): void;
}

class Keys {
  #lists: ListControl[] = [];
  #extra = new Map<string, (() => void)[]>();

  /** The list that J, K, Enter and A act on: the last one that asked. */
  list(control: ListControl): () => void {
    this.#lists.push(control);
    return () => {
      this.#lists = this.#lists.filter((c) => c !== control);
    };
  }

  /** The last that asked for a key has it, until it lets go. */
  bind(key: string, fn: () => void): () => void {
    this.#extra.set(key, [...(this.#extra.get(key) ?? []), fn]);
    return () => this.#extra.set(key, (this.#extra.get(key) ?? []).filter((f) => f !== fn));
  }

  /** Handles a key; true when it did something. */
  handle(e: KeyboardEvent): boolean {
    if (e.isComposing || e.keyCode === 229 || e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return false;
    const target = e.target instanceof Element ? e.target : null;
    if (e.key === 'Escape') {
      if (target instanceof HTMLElement && isTyping(target)) target.blur();
      return this.#run('Escape');
    }
    if (target && isTyping(target)) return false;
    const list = this.#lists[this.#lists.length - 1];
    switch (e.key) {
      case 'j':
      case 'J':
        list?.move(1);
        return !!list;
      case 'k':
      case 'K':
        list?.move(-1);
        return !!list;
      case 'Enter':
        // A focused button or link has its own Enter.
        if (!list || target?.closest('button, a, summary, canvas, [role=grid]')) return false;
        list.open();
        return true;
      case 'a':
      case 'A':
        if (!list?.ack || e.repeat) return false;
        list.ack();
        return true;
    }
    return this.#run(e.key);
  }

  #run(key: string): boolean {
    const fn = this.#extra.get(key)?.at(-1) ?? this.#extra.get(key.toLowerCase())?.at(-1);
    fn?.();
    return fn !== undefined;
  }
}

/** Whether letters typed at an element are text (or, in a select, a choice). */
export function isTyping(el: Element): boolean {
  if (el instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'submit', 'reset', 'range'].includes(el.type);
  return el instanceof HTMLTextAreaElement || el instanceof HTMLSelectElement || (el instanceof HTMLElement && el.isContentEditable);
}

export const keys = new Keys();
