// A voice that says new alarms, where the machine has one for the language of the screen.
// It is silent whenever the tones are: locked, muted, or in the other tab.
import { sayAlarms } from './announce';
import { data } from './data.svelte';
import { i18n } from './i18n.svelte';
import { sound } from './sound.svelte';
import type { Alarm } from './types';

const WANTED = 'campusgate.voice';
export const VOICE_REPEAT_MS = 30_000;

class Voice {
  wanted = $state(localStorage.getItem(WANTED) === 'on');
  #voices = $state.raw<SpeechSynthesisVoice[]>([]);
  #failed = $state(false);
  #last = -Infinity;

  /** none: no voice for this language; failed: the last try was not heard. */
  state: 'unsupported' | 'none' | 'failed' | 'off' | 'on' = $derived.by(() => {
    if (typeof speechSynthesis === 'undefined') return 'unsupported';
    if (!this.#pick()) return 'none';
    if (!this.wanted) return 'off';
    return this.#failed ? 'failed' : 'on';
  });

  set(wanted: boolean): void {
    this.wanted = wanted;
    this.#failed = false;
    localStorage.setItem(WANTED, wanted ? 'on' : 'off');
    if (wanted) this.#speak(i18n.t.sound.voiceTest);
    else if (typeof speechSynthesis !== 'undefined') speechSynthesis.cancel();
  }

  start(): () => void {
    if (typeof speechSynthesis === 'undefined') return () => {};
    const read = (): void => void (this.#voices = speechSynthesis.getVoices());
    read();
    speechSynthesis.addEventListener?.('voiceschanged', read);
    const stop = data.onNewAlarms((fresh) => this.#announce(fresh));
    const tick = setInterval(() => {
      if (Date.now() < sound.muteUntil) speechSynthesis.cancel();
      else if (data.ringing.length > 0 && Date.now() - this.#last >= VOICE_REPEAT_MS) this.#speak(sayAlarms(data.ringing));
    }, 1000);
    return () => {
      speechSynthesis.removeEventListener?.('voiceschanged', read);
      stop();
      clearInterval(tick);
      speechSynthesis.cancel();
    };
  }

  #pick(): SpeechSynthesisVoice | undefined {
    const lang = i18n.lang === 'zh' ? /^(zh|cmn)/i : /^en/i;
    // One on this machine first: the others send the text elsewhere.
    return this.#voices.find((v) => lang.test(v.lang) && v.localService);
  }

  #announce(fresh: Alarm[]): void {
    const loud = fresh.filter((a) => a.severity === 'critical' || a.severity === 'high');
    if (loud[0]?.severity === 'critical' && this.state !== 'unsupported') speechSynthesis.cancel();
    this.#speak(sayAlarms(loud));
  }

  #speak(text: string): void {
    const voice = this.#pick();
    if (!text || !voice || !this.wanted || !sound.audible || speechSynthesis.pending) return;
    const u = new SpeechSynthesisUtterance(text);
    u.voice = voice;
    u.lang = voice.lang;
    u.onstart = () => (this.#failed = false);
    u.onerror = (e) => {
      if (e.error !== 'interrupted' && e.error !== 'canceled') this.#failed = true;
    };
    this.#last = Date.now();
    speechSynthesis.speak(u);
  }
}

export const voice = new Voice();
