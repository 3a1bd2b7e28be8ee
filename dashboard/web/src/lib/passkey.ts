// Passkeys: the browser's credentials API, with the server's JSON on both sides. Browsers of
// before 2025 do not turn it into bytes themselves.
import { get } from './api';

/** Why passkeys cannot be used: nowhere on this server, not in this browser, or not at this address. */
export type Obstacle = '' | 'off' | 'browser' | 'insecure' | 'address';

interface Descriptor { id: string; type: 'public-key'; transports?: AuthenticatorTransport[] }
interface Options { challenge: string; user?: { id: string; name: string; displayName: string }; excludeCredentials?: Descriptor[]; allowCredentials?: Descriptor[] }

/** Asks where passkeys work, and says what is in the way here. */
export async function obstacle(): Promise<{ why: Obstacle; origin: string }> {
  const { origin } = await get<{ origin: string }>('/login/passkey');
  if (!origin) return { why: 'off', origin };
  if (origin !== location.origin) return { why: 'address', origin };
  if (!isSecureContext) return { why: 'insecure', origin };
  return { why: 'PublicKeyCredential' in window && 'credentials' in navigator ? '' : 'browser', origin };
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
}
function text(buffer: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
const descriptors = (list: Descriptor[] | undefined): PublicKeyCredentialDescriptor[] => (list ?? []).map((d) => ({ ...d, id: bytes(d.id) }));

function answer(c: Credential | null, response: object): object {
  const key = c as PublicKeyCredential;
  return { id: key.id, rawId: text(key.rawId), type: key.type, authenticatorAttachment: key.authenticatorAttachment ?? undefined, clientExtensionResults: key.getClientExtensionResults(), response };
}

/** Makes a passkey. Rejects with a DOMException: NotAllowedError when the person gave up or took too long, InvalidStateError when this authenticator has one. */
export async function create(options: object): Promise<object> {
  const o = options as Options;
  const c = await navigator.credentials.create({
    publicKey: { ...(options as PublicKeyCredentialCreationOptions), challenge: bytes(o.challenge), user: { ...o.user!, id: bytes(o.user!.id) }, excludeCredentials: descriptors(o.excludeCredentials) },
  });
  const r = (c as PublicKeyCredential).response as AuthenticatorAttestationResponse;
  return answer(c, { clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject), transports: r.getTransports?.() ?? [] });
}

/** Signs with a passkey that the person chooses. */
export async function sign(options: object): Promise<object> {
  const o = options as Options;
  const c = await navigator.credentials.get({ publicKey: { ...(options as PublicKeyCredentialRequestOptions), challenge: bytes(o.challenge), allowCredentials: descriptors(o.allowCredentials) } });
  const r = (c as PublicKeyCredential).response as AuthenticatorAssertionResponse;
  return answer(c, { clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData), signature: text(r.signature), userHandle: r.userHandle ? text(r.userHandle) : undefined });
}
