// The light build comes without types of its own; these are the parts that are used.
declare module 'hls.js/light' {
  interface Fault { fatal: boolean; details: string; response?: { code: number } }
  export default class Hls {
    static isSupported(): boolean;
    static readonly Events: { readonly MANIFEST_PARSED: 'hlsManifestParsed'; readonly ERROR: 'hlsError' };
    constructor(config: { enableWorker: boolean; lowLatencyMode: boolean; backBufferLength: number; maxBufferLength: number });
    readonly latency: number;
    loadSource(url: string): void;
    attachMedia(video: HTMLMediaElement): void;
    once(event: string, fn: () => void): void;
    on(event: 'hlsError', fn: (event: string, fault: Fault) => void): void;
    destroy(): void;
  }
}
