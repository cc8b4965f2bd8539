/** Who is on a socket: the session cookie of a browser, or a read token. Asked again while the socket is open. */
import * as z from 'zod';
import type { Role } from '#lib/contracts/roles.ts';
import { SESSION_COOKIE } from '#lib/server/auth/session-cookie.server.ts';
import type { Auth } from '#lib/server/services.server.ts';

export interface Credential {
  readonly kind: 'session' | 'token';
  readonly secret: string;
}
const Handshake = z.object({ token: z.string().min(1).max(200) });
const COOKIE = new RegExp(`(?:^|;\\s*)${SESSION_COOKIE}=([^;]*)`);

/** @param auth what the client gave at the handshake; a token decides alone */
export function credentialOf(auth: unknown, cookieHeader: string | undefined): Credential | null {
  const given = Handshake.safeParse(auth);
  if (given.success) return { kind: 'token', secret: given.data.token };
  const cookie = COOKIE.exec(cookieHeader ?? '')?.[1];
  return cookie === undefined || cookie === '' ? null : { kind: 'session', secret: decodeURIComponent(cookie) };
}

export type Admission =
  | { readonly role: Role }
  /** nobody, or no longer */
  | { readonly refused: 'unauthorized' }
  /** a reset user must choose a password first */
  | { readonly refused: 'forbidden' };

export async function admit(auth: Auth, credential: Credential | null): Promise<Admission> {
  if (credential === null) return { refused: 'unauthorized' };
  if (credential.kind === 'token') return (await auth.readToken(credential.secret)) ?? { refused: 'unauthorized' };
  const session = await auth.session(credential.secret);
  if (session === null) return { refused: 'unauthorized' };
  return session.user.must_change_password ? { refused: 'forbidden' } : { role: session.user.role };
}
