/** Passwords: argon2id, and which ones are refused. */
import { hash, verify } from '@node-rs/argon2';
import { randomSecret } from './secrets.server.ts';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane; about 25 ms a hash on one core. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export const PASSWORD_LENGTH_MIN = 10;
/** A bound on the work an anonymous form can ask for. */
export const PASSWORD_LENGTH_MAX = 256;

/** Compared after letter case, digits and signs at both ends are taken away: `Senha@2026!` is `senha`. */
const COMMON_STEMS = new Set([
  '',
  'abc',
  'abcdef',
  'abcdefghij',
  'acesso',
  'admin',
  'administrador',
  'administrator',
  'asdfghjkl',
  'brasil',
  'changeme',
  'empresa',
  'financeiro',
  'iloveyou',
  'letmein',
  'master',
  'mudar',
  'p@ssw0rd',
  'passw0rd',
  'password',
  'pulso',
  'qwerty',
  'qwertyuiop',
  'senha',
  'senhasenha',
  'teste',
  'trocar',
  'welcome'
]);

/** @returns argon2id in PHC form, with its own salt */
export const hashPassword = (password: string): Promise<string> => hash(password, ARGON2ID);

/**
 * @param email the account's, as typed or normalised
 * @returns true when the password is too short, too long, the e-mail or its first part, or one of the well-known ones
 */
export function isWeakPassword(password: string, email: string): boolean {
  if (password.length < PASSWORD_LENGTH_MIN || password.length > PASSWORD_LENGTH_MAX) return true;
  const plain = password.trim().toLowerCase();
  const address = email.trim().toLowerCase();
  if (plain === address) return true;
  // ten digits or signs and no letter leave an empty stem
  const stem = plain.replace(/^[^a-z]+|[^a-z]+$/g, '');
  const alike = new Set(plain).size <= 2;
  return alike || COMMON_STEMS.has(stem) || stem === address.split('@', 1)[0];
}

export interface PasswordCheck {
  /** `passwordHash` null: no such account; costs the same and is false */
  matches(passwordHash: string | null, password: string): Promise<boolean>;
}

/** Checks passwords in the same time whether or not the account exists. */
export async function createPasswordCheck(): Promise<PasswordCheck> {
  const nobody = await hashPassword(randomSecret());
  return {
    matches: async (passwordHash, password) => {
      if (password.length > PASSWORD_LENGTH_MAX) return false;
      const same = await verify(passwordHash ?? nobody, password);
      return same && passwordHash !== null;
    }
  };
}
